"""Sentences written for this project, for what no public set holds: comparatives, namesakes, and what people ask for.

A set of templates, so that the shape is learnt and not the name: {a}, {b} are brands, {x} a product or service.
"""

BRANDS = tuple(
    """Nimbus|Acme|Orbit|Zenly|Brightcell|Lumio|Trello|Asana|Notion|Slack|Zoom|Spotify|Netflix|Hulu|Disney+|Verizon|T-Mobile|AT&T|
    Vodafone|Comcast|Samsung|Apple|Google|Pixel|iPhone|Nokia|Sony|Xbox|PlayStation|Nintendo|Dell|Lenovo|HP|Canon|Nikon|Uber|Lyft|
    Delta|United|JetBlue|Southwest|Ryanair|easyJet|Lufthansa|KLM|Hilton|Marriott|Airbnb|Booking|Expedia|Chase|Monzo|Revolut|PayPal|
    Stripe|Wise|Amazon|Walmart|Target|IKEA|Costco|Tesco|Aldi|Lidl|Zara|H&M|Nike|Adidas|Puma|Starbucks|Dunkin|Costa|McDonald's|
    Burger King|KFC|Subway|Coke|Pepsi|Tesla|Ford|Toyota|BMW|Volvo|Dropbox|Figma|Sketch|GitHub|GitLab|Jira|Linear|Shopify|Wix|
    Squarespace|WordPress|Mailchimp|HubSpot|Salesforce|Zendesk|Intercom|Oura|Fitbit|Garmin|Peloton|Dyson|Roomba|Bose|Sonos"""
    .replace("\n", "").replace("    ", "").split("|")
)

# What is said of {a} and of {b}: 0 negative, 1 neutral, 2 positive.
COMPARED: tuple[tuple[str, int, int], ...] = (
    ("Switched from {a} to {b} and never looked back.", 0, 2),
    ("Moved from {a} to {b} last month, best decision this year", 0, 2),
    ("So glad I left {a} for {b}", 0, 2),
    ("{b} is so much better than {a}", 0, 2),
    ("{b} beats {a} hands down", 0, 2),
    ("{a} is way worse than {b}", 0, 2),
    ("{a} can't hold a candle to {b}", 0, 2),
    ("I'll take {b} over {a} any day", 0, 2),
    ("I prefer {b} to {a}, it just works", 0, 2),
    ("Should have bought {b} instead of {a}.", 0, 2),
    ("Regret leaving {b} for {a}. Want to go back", 0, 2),
    ("After years with {a} I finally got fed up and joined {b}", 0, 2),
    ("Why can't {a} be as easy as {b}?", 0, 2),
    ("{a} could learn a thing or two from {b}", 0, 2),
    ("My {b} still runs fine, the {a} died after a month.", 0, 2),
    ("{a} kept me on hold for an hour, {b} answered in two minutes.", 0, 2),
    ("love my {b}, but {a}'s support is a disgrace", 0, 2),
    ("{a} charged me twice. {b} refunded me the same day, thank you!", 0, 2),
    ("{b} saved my trip after {a} cancelled on me", 0, 2),
    ("{a} was down again so we did it all in {b}, which was great", 0, 2),
    ("Great experience with {b} today, unlike the mess at {a}", 0, 2),
    ("Thinking of dumping {a}. Everybody says {b} is fantastic.", 0, 2),
    ("{b} is cheaper and faster than {a}", 0, 2),
    ("Cancelled {a}, {b} gives me more for less", 0, 2),
    ("{a} raised the price again, moving to {b} tomorrow", 0, 2),
    ("The new {b} looks gorgeous. {a} looks like a brick", 0, 2),
    ("{b} staff were lovely; {a} staff couldn't care less", 0, 2),
    ("Nobody does it like {b}. Looking at you, {a}.", 0, 2),
    ("{a} support: useless. {b} support: brilliant.", 0, 2),
    ("{a} is good but {b} is better", 2, 2),
    ("I love both {a} and {b}", 2, 2),
    ("{a} and {b} are equally awful", 0, 0),
    ("From {a} to {b}: out of the frying pan into the fire", 0, 0),
    ("Is {a} or {b} better for a small team?", 1, 1),
    ("{a} and {b} announce a partnership", 1, 1),
    ("Anyone moved from {a} to {b}? How long does it take?", 1, 1),
    ("Both {a} and {b} have a store on the high street.", 1, 1),
    ("I use {a} at work and {b} at home.", 1, 1),
    ("{a} works with {b} since the last update", 1, 1),
    ("Paid with {a} at {b} and it was so smooth, thanks {b}!", 1, 2),
    ("Got my {a} stolen outside {b} and the {b} staff just laughed", 1, 0),
    ("Watched it on my {a}. {b}'s picture quality is terrible lately", 1, 0),
    ("Ordered a {a} from {b}; {b} lost the parcel", 1, 0),
    ("I bought a {a} at {b}. The {a} is superb.", 2, 1),
    ("The {a} I got at {b} broke in a week", 0, 1),
)

# A name that is also a word: (brand, texts that speak of the brand, texts that do not).
NAMESAKES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("Apple", ("Apple just raised the price of iCloud", "the genius at the apple store fixed my screen", "my apple watch died after a year"),
     ("I eat an apple every morning", "grandma's apple pie recipe with cinnamon", "We went apple picking on the farm", "the apple doesn't fall far from the tree")),
    ("Orange", ("Orange cut my broadband again", "switched my sim to Orange, the network is fast"),
     ("the sky turned orange at sunset", "a glass of orange juice with breakfast", "orange is my favourite colour")),
    ("Delta", ("Delta lost my bag in Atlanta", "great crew on my Delta flight to Seattle"),
     ("the delta variant spreads faster", "the river delta floods every spring", "compute the delta between the two values")),
    ("Target", ("Target has the best home section", "stood in line at Target for an hour"),
     ("we missed our sales target this quarter", "the archer hit the target", "who is the target audience for this talk")),
    ("Shell", ("filled up at Shell, prices are crazy", "Shell reports record profits"),
     ("found a pretty shell on the beach", "open a shell and run the script", "the turtle hid in its shell")),
    ("Amazon", ("Amazon delivered my order a day early", "Amazon support refunded me"),
     ("fires in the Amazon rainforest", "the Amazon is the largest river by volume", "the amazon warriors of greek myth")),
    ("Gap", ("bought these jeans at Gap", "Gap closes twenty stores"),
     ("mind the gap between train and platform", "the gap between rich and poor grows", "she took a gap year")),
    ("Sprint", ("Sprint has no signal in my town", "my Sprint bill doubled"),
     ("he won the 100m sprint", "our next sprint starts on Monday", "had to sprint to catch the bus")),
    ("Square", ("we take payments with Square at the cafe", "Square's reader stopped connecting"),
     ("the main square was full of people", "the square root of nine", "we're back to square one")),
    ("Slack", ("Slack is down again, nobody can post", "we moved the whole team to Slack"),
     ("cut me some slack", "there is slack in the rope", "he was slacking off all day")),
    ("Zoom", ("Zoom froze during my interview", "the new Zoom update is nice"),
     ("zoom in on the picture", "the cars zoom past the house", "a lens with 10x zoom")),
    ("Visa", ("Visa declined my card abroad", "Visa and Mastercard fees rise"),
     ("my visa for India was approved", "do I need a visa to travel to Brazil", "the visa interview at the embassy")),
    ("Dove", ("Dove soap leaves my skin so soft", "the new Dove ad is lovely"),
     ("a dove landed on the window", "he dove into the pool", "the dove is a symbol of peace")),
    ("Puma", ("my Puma sneakers fell apart", "Puma signs the national team"),
     ("a puma was seen in the hills", "the puma cub at the zoo")),
    ("Jaguar", ("Jaguar recalls its electric car", "test drove the new Jaguar, what a car"),
     ("the jaguar is a big cat of South America", "a jaguar prowls through the jungle")),
    ("Tesla", ("Tesla autopilot braked for nothing", "picked up my Tesla today!"),
     ("Nikola Tesla was born in 1856", "the field strength is two tesla")),
    ("Nike", ("Nike's new shoes are so comfy", "Nike's delivery is slow"), ("Nike is the Greek goddess of victory", "the statue of Winged Nike in the Louvre")),
    ("Oracle", ("Oracle licence costs doubled", "migrating from Oracle to Postgres"), ("the oracle of Delphi spoke in riddles", "she is an oracle of wisdom")),
    ("Stripe", ("Stripe payouts arrive in two days", "Stripe's API docs are excellent"), ("a shirt with a blue stripe", "the zebra's stripes", "paint a white stripe on the road")),
    ("Notion", ("Notion search is slow", "my whole life is in Notion"), ("I have no notion of what he means", "the notion of free will", "disabuse yourself of that notion")),
    ("Linear", ("Linear makes issue tracking fast", "we replaced Jira with Linear"), ("a linear equation", "time is not linear", "fit a linear regression")),
    ("Subway", ("Subway got my sandwich wrong", "lunch at Subway again"), ("the subway was late this morning", "take the subway to Brooklyn", "a rat in the subway station")),
    ("Chase", ("Chase locked my account", "Chase app is down"), ("the police chase ended on the highway", "chase your dreams", "dogs chase cats")),
    ("Discover", ("my Discover card gives cash back", "Discover support was friendly"), ("scientists discover a new planet", "discover the beauty of Norway")),
    ("Uber", ("my Uber driver was rude", "Uber surge pricing is a joke"), ("this is uber cool", "an uber-rich collector")),
    ("Windows", ("Windows update broke my printer", "Windows 11 looks clean"), ("clean the windows every spring", "open the windows, it's hot", "she sat by the windows")),
    ("Twitter", ("Twitter is down again", "Twitter keeps suspending my account"), ("the birds twitter in the trees",)),
    ("Monday", ("Monday raised its seat price", "our boards on Monday are a mess"), ("I hate mondays", "see you on Monday", "the store is closed on Monday")),
    ("Box", ("Box sync is broken again", "we store contracts in Box"), ("a box of chocolates", "think outside the box")),
    ("Gopher", ("Gopher's support is quick", "just subscribed to Gopher"), ("a gopher ate my tulips", "gopher holes all over the lawn")),
    ("Halo", ("Halo crashes on my Xbox", "the Halo soundtrack is superb"), ("a halo around the moon", "the halo effect in psychology")),
    ("Swatch", ("my Swatch stopped after a week", "Swatch launches a new watch"), ("a paint swatch for the kitchen", "fabric swatches on the table")),
    ("Wise", ("Wise transfer arrived in minutes", "Wise froze my money"), ("a wise old man", "it would be wise to wait")),
    ("Meta", ("Meta bans the ad account without reason", "Meta's headset is heavy"), ("that joke is so meta", "the meta tags of the page")),
    ("Mint", ("Mint shuts down its budgeting app", "Mint wouldn't sync with my bank"), ("mint tea after dinner", "coins from the royal mint", "in mint condition")),
)

NEED: dict[str, tuple[str, ...]] = {
    "help": (
        "my {x} stopped working after the update, what can I do", "I can't log in to {a} since this morning", "please help, I was charged twice by {a}",
        "@{a} can someone look into my ticket please", "how do I reset my password on {a}?", "{a} I need someone to call me back about my order",
        "still no answer from {a}, my {x} is stuck", "can anybody from {a} help me with my {x}", "unable to cancel my {x}, the button does nothing",
        "where is my refund @{a}?", "I need help with {a}, the {x} won't turn on", "any idea how to fix the {x} error on {a}",
        "@{a} my account is locked, please unlock it", "DM sent @{a}, please respond", "hello {a}, my {x} never arrived. Can you check?",
        "lost access to my {x}, who can I contact at {a}?", "support please! {a} ate my {x}", "I've been waiting three days for {a} to fix my {x}",
    ),
    "question": (
        "does {a} work offline", "is {a} worth it?", "what does {a} cost per month", "anyone know if {a} ships to Canada", "when will {a} open in Berlin?",
        "which is better, {a} or {b}", "has anyone tried the new {x} from {a}", "does the {x} come with a warranty", "why is {a} so expensive?",
        "can I use {a} with my old {x}", "how long does delivery take with {a}", "is the {a} sale still on", "what's the difference between {a} and {b}",
        "is there a student discount at {a}", "wondering whether {a} supports dark mode", "do you guys know how {a} handles returns",
    ),
    "complaint": (
        "{a} charged me twice and nobody answers", "the {x} from {a} broke after two days", "third time this month that {a} is down", "{a} lost my parcel again",
        "worst {x} I ever had from {a}", "{a}'s app crashes every time I open it", "two hours on hold with {a}. Unacceptable", "rude staff at {a} today",
        "{a} took my money and sent the wrong {x}", "I paid for a {x} that never came, {a} doesn't care", "such poor service at {a}", "{a} keeps sending me spam",
    ),
    "suggestion": (
        "it would be great if {a} had a dark mode", "please add an export to {a}", "{a} should let us edit the {x}", "I wish {a} had a family plan",
        "would love to see {a} support {x}", "feature request: {a} needs a search for {x}", "why not put a {x} into {a}?", "{a}, consider opening earlier on Sundays",
        "a bigger battery would make the {a} {x} perfect", "could you add an option to hide {x} in {a}", "{a} needs to bring back the old {x}", "my tip for {a}: offer a smaller size",
    ),
    "praise": (
        "kudos to {a} for the quick fix", "{a} support was brilliant today, thank you!", "absolutely love my new {x} from {a}", "hats off to the team at {a}",
        "best {x} ever, well done {a}", "{a} made my day", "thank you {a}, my {x} came within hours", "so impressed by {a}", "can't recommend {a} enough",
        "shoutout to {a}, their {x} is superb", "{a} never disappoints", "five stars for {a}",
    ),
    "churn": (
        "that's it, I'm cancelling my {a} subscription", "switching to {b} next week, done with {a}", "never buying from {a} again", "this was my last order with {a}",
        "goodbye {a}, hello {b}", "{a} just lost a customer", "I'm taking my business elsewhere, {a}", "deleted {a} and moved everything to {b}",
        "how do I close my {a} account?", "thinking about leaving {a} for {b}", "one more outage and we are gone, {a}", "not renewing {a} this year",
        "after ten years I'm done with {a}", "uninstalled {a}", "we're migrating off {a}", "if {a} raises the price again I'm out", "cancel my {x}, {a}",
        "I will never set foot in {a} again", "looking for an alternative to {a}", "what's a good replacement for {a}, I've had enough", "{a} you won't see me again",
        "my contract with {a} ends in May and I won't extend it", "about to cancel {a}", "ready to ditch {a}", "bye {a}, it was nice while it lasted",
    ),
    "impression": (
        "the new {a} store looks clean and bright", "{a} feels slower than last year", "tried the {x} from {a}, it was okay", "the {x} is comfortable but a bit loud",
        "{a} is alright, nothing special", "first week with {a}: smooth so far", "the checkout at {a} is easy", "my {x} from {a} looks better than in the photos",
        "the crew of {a} seemed tired", "{a} tastes different than it used to", "nice interface, a bit confusing at first", "pleasant stay at {a}",
    ),
}  # fmt: skip
# What goes with what: a cry for help is often a complaint too, so only clear negatives are written down.
NOT_ALSO: dict[str, tuple[str, ...]] = {
    "help": ("praise", "suggestion", "churn", "impression"),
    "question": ("praise", "suggestion", "complaint", "impression"),
    "complaint": ("praise", "suggestion", "question"),
    "suggestion": ("praise", "churn"),
    "praise": ("complaint", "help", "question", "suggestion", "churn"),
    "churn": ("praise", "suggestion"),
    "impression": ("help", "question", "churn", "suggestion"),
}
THINGS = tuple(
    "phone|laptop|order|parcel|account|headset|subscription|card|app|ticket|booking|router|washing machine|shoes|jacket|invoice|"
    "watch|camera|booking|dashboard|upload|payment|sofa|coffee machine|keyboard|dress|plan|report|login|battery".split("|")
)
