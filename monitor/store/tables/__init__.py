"""The rows (SQLModel). Facts are written once, opinions lie beside them, and what is to be done stands in rows too.

said      mention, revision, match, candidate, brand
thought   opinion, due (what is still to be scored), embeddings (what mentions mean, as vectors), correction, taught
          (what heads learnt from corrections)
counted   rollup (per brand, quarter of an hour and label; exact sums for a day in any time zone), indexed (what the
          index of words and facts holds of a mention), tally (facets by day), setting
grouped   story, told (who tells it), band (which texts may be copies), theme, in_theme, loose (in no theme yet),
          theme_due (to be sorted into themes), regrouped (what people changed)
listened  watch (one a configured source), hub (who sends us a feed's news), evidence (replies in an unknown form)
people    triage, triage_change (its history), saved_search
told      subscription, digest, alert, snooze, checked (how far detectors have come), rule, caught, outbox, attempt
"""

from __future__ import annotations

from monitor.store.tables.counted import (
    IndexedRow,
    RollupRow,
    SettingRow,
    TallyRow,
)
from monitor.store.tables.grouped import (
    BandRow,
    InThemeRow,
    LooseRow,
    RegroupedRow,
    StoryRow,
    ThemeDueRow,
    ThemeRow,
    ToldRow,
)
from monitor.store.tables.listened import (
    EvidenceRow,
    HubRow,
    WatchRow,
)
from monitor.store.tables.people import (
    SavedSearchRow,
    TriageChangeRow,
    TriageRow,
)
from monitor.store.tables.said import (
    BrandRow,
    CandidateRow,
    MatchRow,
    MentionRow,
    RevisionRow,
)
from monitor.store.tables.thought import (
    CorrectionRow,
    DueRow,
    EmbeddingsRow,
    OpinionRow,
    TaughtRow,
)
from monitor.store.tables.told import (
    AlertRow,
    AttemptRow,
    CaughtRow,
    CheckedRow,
    DigestRow,
    OutboxRow,
    RuleRow,
    SnoozeRow,
    SubscriptionRow,
)

__all__ = [
    "AlertRow",
    "AttemptRow",
    "BandRow",
    "BrandRow",
    "CandidateRow",
    "CaughtRow",
    "CheckedRow",
    "CorrectionRow",
    "DigestRow",
    "DueRow",
    "EmbeddingsRow",
    "EvidenceRow",
    "HubRow",
    "InThemeRow",
    "IndexedRow",
    "LooseRow",
    "MatchRow",
    "MentionRow",
    "OpinionRow",
    "OutboxRow",
    "RegroupedRow",
    "RevisionRow",
    "RollupRow",
    "RuleRow",
    "SavedSearchRow",
    "SettingRow",
    "SnoozeRow",
    "StoryRow",
    "SubscriptionRow",
    "TallyRow",
    "TaughtRow",
    "ThemeDueRow",
    "ThemeRow",
    "ToldRow",
    "TriageChangeRow",
    "TriageRow",
    "WatchRow",
]
