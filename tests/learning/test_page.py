"""The Learning Hub names a source for every number, lists them all, and its links lead somewhere."""

from __future__ import annotations

import pytest

from app.learning import CARDS, GLOSSARY, SOURCES
from app.parameters import PARAMETERS
from tests.learning.hub_page import (
    Element,
    claims,
    document,
    main_of,
    parsed,
    rendered,
    unsourced_numbers,
    words,
)
from tests.learning.write_sources import WRITTEN


@pytest.fixture(scope="module")
def page() -> Element:
    return parsed(rendered())


def test_every_sentence_with_a_number_names_its_source(page: Element) -> None:
    assert unsourced_numbers(page) == []


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<main><p>95 % of all</p></main>", ["95 % of all"]),
        ("<main><p>none of all</p></main>", []),
        ('<main><p data-computed="page">95 %</p></main>', []),
        ('<main><p><span class="fact" data-source="abadi">95 %</span> or 96 %</p></main>', ["or 96 %"]),
    ],
)
def test_the_search_finds_a_number_without_a_source(html: str, found: list[str]) -> None:
    assert unsourced_numbers(parsed(html)) == found


def test_the_list_of_sentences_and_sources_is_that_of_the_page(page: Element) -> None:
    written = WRITTEN.read_text(encoding="utf-8")
    assert written == document(page), "run: python -m tests.learning.write_sources"


def test_every_claim_names_known_sources_and_links_to_them(page: Element) -> None:
    assert len(claims(page)) > 30
    for sentence, names in claims(page):
        assert names.split(), sentence
        assert set(names.split()) <= set(SOURCES), sentence
    for element in main_of(page).walk():
        if element.has_class("fact"):
            linked = [child.attributes["href"] for child in element.walk() if child.has_class("cite")]
            assert linked == [f"#source-{name}" for name in (element.attributes["data-source"] or "").split()]


def test_links_within_the_page_lead_to_something_in_it(page: Element) -> None:
    ids = [element.attributes["id"] for element in page.walk() if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    links = {element.attributes.get("href") or "" for element in page.walk() if element.tag == "a"}
    assert {link[1:] for link in links if link.startswith("#")} - set(ids) == set()


def test_no_source_is_listed_that_nothing_names(page: Element) -> None:
    named = {element.attributes["href"] for element in page.walk() if element.has_class("cite")}
    assert {f"#source-{name}" for name in SOURCES} - named == set()


def test_the_glossary_shows_the_tooltips_own_words(page: Element) -> None:
    entries = {
        (element.attributes.get("id") or "").removeprefix("glossary-"): element
        for element in page.walk()
        if (element.attributes.get("id") or "").startswith("glossary-")
    }
    for name, parameter in PARAMETERS.items():
        text = next(child for child in entries[name].walk() if child.tag == "dd").text
        assert words(text) == parameter.meaning
    assert set(entries) - {"title"} == set(GLOSSARY)


def test_every_card_can_be_linked_to(page: Element) -> None:
    ids = {element.attributes.get("id") for element in page.walk()}
    assert {f"card-{card.name}" for card in CARDS} <= ids
