"""The JUnit form of a report: a suite for each tag, a case for each requirement."""

import xml.etree.ElementTree as ET
from collections import Counter

from pollinations_conformance.http.text import printable
from pollinations_conformance.reports.model import LEVELS, TAGS, Line, Report, repeating


def to_junit(report: Report) -> bytes:
    """Return the JUnit form of a report, as XML in UTF-8."""
    root = ET.Element("testsuites", name="pollinations conformance")
    for tag in TAGS:
        lines = [line for line in report.lines if line.tag == tag]
        missing = [item for item in report.operations if item["tag"] == tag and item["missing"]]
        if not lines and not missing:
            continue
        suite = ET.SubElement(root, "testsuite", name=tag)
        counts: Counter[str] = Counter()
        for line in lines:
            counts[_add_requirement(suite, line, line.level in LEVELS[report.level])] += 1
        for item in missing:
            case = ET.SubElement(suite, "testcase", classname=tag, name=f"operation:{item['id']}")
            kind = "skipped" if item["known"] else "failure"
            counts[kind] += 1
            ET.SubElement(case, kind, message=printable(item["missing"]))
        suite.set("tests", str(len(suite)))
        for name, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            suite.set(name, str(counts[kind]))
        suite.set("time", f"{sum(line.seconds for line in lines):.3f}")
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _add_requirement(suite: ET.Element, line: Line, counting: bool) -> str:
    """Add the case of a requirement, and return what it is booked as."""
    case = ET.SubElement(
        suite, "testcase", classname=line.tag, name=line.id, time=f"{line.seconds:.3f}"
    )
    if line.verdict == "fail" and counting:
        failure = ET.SubElement(case, "failure", message=printable(line.reason))
        parts = [line.text, line.reason, *(repeating(line.exchange) if line.exchange else [])]
        failure.text = printable("\n".join(parts))
        return "failure"
    if line.verdict == "error":
        ET.SubElement(case, "error", message=printable(line.reason))
        return "error"
    if line.verdict != "pass":
        word = f"{line.level} not met" if line.verdict == "fail" else line.verdict
        ET.SubElement(case, "skipped", message=printable(f"{word}: {line.reason}"))
        return "skipped"
    return "pass"
