"""Words that say nothing by themselves, and those that say no: of the languages that people complain in most.

English ones are those of insight/words.py. Folded: without case and accents, `ß` is `ss`.
"""

from __future__ import annotations

from collections.abc import Mapping

from monitor.insight.words import NEGATIONS as ENGLISH_NEGATIONS
from monitor.insight.words import STOP_WORDS as ENGLISH

_MORE_ENGLISH = """
actually already almost alot always another around away back big bit came come comes coming completely day days else
feel felt find found gets give gives given gonna happen happened hey hi hour hours idea kind know knew last least left
less like little long look looking maybe mean min mins minute minutes month months nice ok okay omg one ones part
people please point pretty probably read seriously show simply soon sorry start started tell ten thing think thought
time times today together told tomorrow tonight took totally twice two u unfortunately ur wanna way week weeks whole
wow wtf year years yesterday three four five six first second lol dear guys guy day amp rt dm pls plz im ive dont cant
wont didnt doesnt isnt
"""
"""Beside those: words of time, number and talk, which a run may hold but is not told by."""

_WORDS = {
    "de": """
aber alle allem allen aller alles als also am an auch auf aus bei beim bin bis bist da dabei dadurch damit dann das dass
dein deine dem den denn der des dich die dies diese diesem diesen dieser dieses dir doch dort du durch ein eine einem
einen einer eines er es etwas euch euer eure fur ganz gegen gibt habe haben hat hatte hatten hier ich ihm ihn ihnen ihr
ihre ihren ihrem im immer in ins ist ja jede jeden jeder jedes jetzt kann konnen konnte leider mal man mehr mein meine
meinem meinen meiner mich mir mit mittlerweile muss nach noch nun nur ob oder schon sehr seid sein seine seit sich sie
sind so sogar soll sondern uber um und uns unser unsere unter viel vom von vor wann war waren warum was weg weil wenn
wer werde werden wie wieder will wir wird wo wurde wurden zu zum zur zwar zwei drei tage tagen wochen monate heute
gestern euro bitte danke hallo
""",
    "fr": """
a ai aie ait alors apres as au aucune aussi autre autres aux avant avec avez avoir bien bonjour car ce cela celle celui
ces cet cette ceux chez ci comme d dans de deja depuis des deux donc dont du elle elles en encore entre es est et etait
etaient ete etes etre eu fait faire fois il ils j je jour jours jusqu l la le les leur leurs lui m ma mais me meme mes
moi mois mon n ne nos notre nous on ont ou par parce peu peut plus pour pourquoi pres puis qu quand que quel quelle qui
quoi s sa se semaine semaines sera ses si son sont sous sur t ta te tes toi ton toujours tous tout toute toutes tres
trois trop tu un une va vers voila vos votre vous vraiment y merci svp c
""",
    "es": """
a al algo alguien ante antes aqui asi aun aunque bien cada como con cual cuando de del desde donde dos el ella ellos
en entre era eran eres es esa ese eso esta estaba estan estar estas este esto estos estoy favor fue gracias ha hace
hacer han hasta hay he hola hoy la las le les lo los mas me mi mis mucho muy ni nos nosotros o os otra otro para pero
poco por porque pues que quien se sea semana semanas ser si sido siempre sobre solo son soy su sus tambien tan
tanto te tengo tiene todo todos tres tu tus un una uno unos usted va vez y ya yo dia dias mes meses
""",
    "it": """
a abbiamo ad ai al alla alle anche ancora avere aveva c che chi ci come con cosa cui da dal dalla de degli dei del della
delle di do dopo dove due e ed era erano essere fa fare fra gia gli grazie ha hai hanno ho i il in io l la le lei li lo
loro lui ma me mi mia mie miei mio molto ne nel nella nelle noi nostro o oggi ogni ormai per perche piu poi puo quale
quando quanto quella quello questa questo qui se sei sempre si sia siamo solo sono sta stato su sua sul sulla suo suoi
tra tre tu tua tutti tutto un una uno vi voi giorni settimane mesi
""",
    "pt": """
a ainda alem algo ao aos apos aqui as assim ate bem boa bom cada com como da das de dela dele depois desde dia dias do
dois dos e ela ele eles em entre era essa esse esta estao estava este estou eu faz fazer foi for ha hoje isso isto ja la
lhe mais mas me mes meses mesmo meu meus minha minhas muito na nas no nos nossa nosso o obrigado os ou para pela pelo
pois por porque pra qual quando que quem se semana semanas sempre ser seu seus so sobre sua suas tambem tao te tem tenho
ter ti todo todos tres tu tua tudo um uma umas uns vai voce voces vou
""",
    "nl": """
aan al alle alleen als altijd andere ben bij daar dag dagen dan dat de deze die dit doen door dus echt een en er ga gaan
gaat had haar hadden heb hebben heeft hem het hier hij hoe hun ik in is ja je jij jou jouw jullie kan komt kunnen maar
maand maanden me meer met mij mijn moet na naar nog nu of om omdat ons onze ook op over per te toch toen tot twee u uit
uw van veel voor waar waarom wanneer want waren was wat we week weken wel werd wie wij wil worden wordt ze zich zij zijn
zo zou
""",
    "zh": """
的 了 还 在 到 都 也 就 很 是 我 你 他 她 它 们 我们 你们 他们 这 那 个 和 有 又 把 被 给 呢 吗 啊 吧 着 过 一直 现在
已经 非常 太 真 真的 什么 怎么 为什么 这个 那个 一个 因为 所以 但 但是 就是 可以 说 要 会 去 来 上 下 里 对 从 跟 与
及 或 等 三 二 一 两 几 天 星期 个月 今天 昨天 请 谢谢
""",
    "th": """
ได้ แล้ว เลย มา ไป ที่ ของ และ ก็ จะ ให้ มี เป็น อยู่ ยัง นี้ นั้น กับ ว่า แต่ ใน จาก โดย คือ ผม ฉัน เรา คุณ ครับ ค่ะ คะ
นะ มาก วัน สัปดาห์ เดือน ต้อง
""",
}  # fmt: skip

_NO = {
    "de": "nicht kein keine keinen keinem keiner nie niemand nichts ohne niemals",
    "fr": "pas jamais aucun aucune sans rien personne",
    "es": "no nunca nada sin nadie ningun ninguna tampoco jamas",
    "it": "non mai senza niente nessuno nessuna nulla",
    "pt": "nao nunca nada sem ninguem nenhum nenhuma",
    "nl": "niet geen nooit niemand niets zonder",
    "zh": "没 不 没有 未 无 不能 不了 从不",
    "th": "ไม่ ไม่ได้ ไม่มี",
}

STOP_WORDS: Mapping[str, frozenset[str]] = {
    "en": ENGLISH | frozenset(_MORE_ENGLISH.split()),
    **{language: frozenset(words.split()) for language, words in _WORDS.items()},
}
"""Language to its stop words."""

NEGATIONS: Mapping[str, frozenset[str]] = {
    "en": ENGLISH_NEGATIONS,
    **{language: frozenset(words.split()) for language, words in _NO.items()},
}
"""Language to its words that say no."""
