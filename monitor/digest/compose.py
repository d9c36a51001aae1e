"""What a digest says: the material in, the sections in reading order out. Pure and deterministic: the same material
gives the same digest."""

from __future__ import annotations

from monitor.digest.changed import changed
from monitor.digest.comments import comments
from monitor.digest.competitors import competitors
from monitor.digest.coverage import coverage
from monitor.digest.experience import experience
from monitor.digest.form import Digest, Sections
from monitor.digest.material import Material
from monitor.digest.reply import reply
from monitor.digest.reviews import reviews
from monitor.digest.stories import stories
from monitor.digest.verdict import subject, verdict
from monitor.digest.wording import day_name, plain_line
from monitor.insight.counts import sums


def compose(material: Material) -> Digest:
    """The digest of one brand, or of one department of it."""
    what_changed, who_waits = changed(material), reply(material)
    told, said, covered = stories(material), comments(material), coverage(material)
    judged = verdict(material, what_changed, who_waits, told, said, covered)
    now = sums(material.heard)
    sections = Sections(
        verdict=judged,
        reply=who_waits,
        changed=what_changed,
        stories=told,
        repeated=said,
        competitors=competitors(material, now),
        reviews=reviews(material),
        experience=experience(material, now),
        coverage=covered,
    )
    gist = subject(judged, what_changed)
    return Digest(
        kind="weekly" if material.is_weekly else "daily",
        brand=plain_line(material.brand.name, 80),
        department=plain_line(material.department, 80),
        date=material.local_date,
        timezone=material.timezone,
        start=material.start,
        end=material.end,
        subject=f"{_whose(material)}: {gist}",
        sections=sections,
    )


def _whose(material: Material) -> str:
    department = f", {plain_line(material.department, 40)}" if material.department else ""
    week = "week to " if material.is_weekly else ""
    return f"{plain_line(material.brand.name, 60)}{department}, {week}{day_name(material.local_date)}"
