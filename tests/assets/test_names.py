"""Private names get shorter, and only where a name cannot be anything else."""

from __future__ import annotations

import pytest

from app.assets.names import shortened

CASES = (
    # Every occurrence is a variable.
    ("const far = (a) => a > limit; far(1);", "const $0 = (a) => a > limit; $0(1);"),
    ("const x = { key: far }; f(far, ...far, [far]);", "const x = { key: $0 }; f($0, ...$0, [$0]);"),
    ("const { a = far } = b; class C extends far {}", "const { a = $0 } = b; class C extends $0 {}"),
    ("x = y ? z : far; 'far'; // far", "x = y ? z : $0; 'far'; // far"),
    # Some occurrence may be something else: all keep their length.
    ("far(1); x.far;", "far(1); x.far;"),
    ("far(1); x?.far;", "far(1); x?.far;"),
    ("const x = { far };", "const x = { far };"),
    ("const x = { far: 1 };", "const x = { far: 1 };"),
    ("const { a, far } = b;", "const { a, far } = b;"),
    ("const { far = 1 } = b;", "const { far = 1 } = b;"),
    ("class A { b() {} far() {} }", "class A { b() {} far() {} }"),
    ("class A { async far() {} }", "class A { async far() {} }"),
    ("const x = `${far}`; far(2);", "const x = `${far}`; far(2);"),
    ("x ? far : y", "x ? far : y"),
)


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_a_name_is_shortened_only_beyond_doubt(text: str, expected: str) -> None:
    assert shortened(text, frozenset({"far"}), prefix="$") == expected


def test_the_most_frequent_names_get_the_shortest() -> None:
    names = frozenset(f"name{index}" for index in range(20))
    text = "".join(f"(name{index});" * (index + 1) for index in range(20))
    assert shortened(text, names, prefix="$").startswith("($13);")
