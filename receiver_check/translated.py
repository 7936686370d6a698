"""Translates a report: all sentences and the values in them."""

from collections.abc import Callable
from dataclasses import replace

from receiver_check.explain import Explanation
from receiver_check.findings import Finding
from receiver_check.verdicts import Answer, Exchange, Report, Result, Sentence

Translate = Callable[[str], str]
"""Translates a marked sentence."""


def report_in(report: Report, translate: Translate) -> Report:
    return replace(report, results=tuple(result_in(result, translate) for result in report.results))


def result_in(result: Result, translate: Translate) -> Result:
    return replace(
        result,
        title=sentence_in(result.title, translate),
        sent=translate(result.sent),
        why=translate(result.why),
        fix=translate(result.fix),
        seen=sentence_in(result.seen, translate),
        exchanges=tuple(_exchange_in(exchange, translate) for exchange in result.exchanges),
    )


def sentence_in(sentence: Sentence, translate: Translate) -> Sentence:
    values = {name: _value_in(value, translate) for name, value in sentence.values.items()}
    return Sentence(translate(sentence.text), values)


def explanation_in(explanation: Explanation, translate: Translate) -> Explanation:
    return replace(explanation, findings=tuple(_finding_in(finding, translate) for finding in explanation.findings))


def _finding_in(finding: Finding, translate: Translate) -> Finding:
    return replace(
        finding,
        what=translate(finding.what),
        why=translate(finding.why),
        fix=translate(finding.fix),
        details=tuple(translate(detail) for detail in finding.details),
    )


def _value_in(value: object, translate: Translate) -> object:
    match value:
        case Sentence():
            return sentence_in(value, translate)
        case Answer():
            return _answer_in(value, translate)
    return value


def _answer_in(answer: Answer, translate: Translate) -> Answer:
    return replace(answer, fault=sentence_in(answer.fault, translate)) if answer.fault else answer


def _exchange_in(exchange: Exchange, translate: Translate) -> Exchange:
    return replace(exchange, label=translate(exchange.label), answer=_answer_in(exchange.answer, translate))
