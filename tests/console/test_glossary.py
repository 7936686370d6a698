"""The catalogues keep to the glossary, and to the punctuation of their language."""

import re
import tomllib
from typing import Any

import pytest

from tests.conftest import ROOT

TERMS: list[dict[str, Any]] = tomllib.loads((ROOT / "locale" / "glossary.toml").read_text())["term"]
ENTRY = re.compile(r'(?:^msgctxt "(.*)"\n)?^msgid "(.*)"\n(?:^msgid_plural ".*"\n)?((?:^msgstr.*\n?)+)', re.MULTILINE)
KANA_OR_HAN = r"[぀-ヿ一-鿿]"


def catalogue(language: str) -> dict[str, str]:
    """The translations by msgid, or by context|msgid."""
    text = (ROOT / "locale" / language / "LC_MESSAGES" / "django.po").read_text()
    return {
        f"{context}|{msgid}" if context else msgid: "\n".join(re.findall(r'^msgstr(?:\[\d\])? "(.*)"$', found, re.M))
        for context, msgid, found in ENTRY.findall(text)
        if msgid
    }


@pytest.mark.parametrize("language", ["ja", "zh_Hant"])
def test_a_text_that_is_a_term_has_the_terms_translation(language: str) -> None:
    texts = catalogue(language)
    assert {term["en"]: texts.get(term["en"]) for term in TERMS} == {term["en"]: term[language] for term in TERMS}


@pytest.mark.parametrize("language", ["ja", "zh_Hant"])
def test_words_that_the_glossary_rejects_occur_nowhere(language: str) -> None:
    rejected = [word for term in TERMS for word in term.get("not", {}).get(language, [])]
    assert rejected
    assert not [text for text in catalogue(language).values() if any(word in text for word in rejected)]


@pytest.mark.parametrize("language", ["ja", "zh_Hant"])
def test_punctuation_beside_japanese_and_chinese_is_full_width(language: str) -> None:
    narrow = re.compile(rf"{KANA_OR_HAN}[(?!:;]|\){KANA_OR_HAN}")
    assert not [text for text in catalogue(language).values() if narrow.search(text)]
