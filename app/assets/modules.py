"""ES modules put into one script, each after those that it imports.

A module whose names are nobody else's goes in as it is; one whose names would clash becomes a function
that is called once. Only the forms of import and export that the page's scripts use are known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.assets.names import shortened

_IMPORT = re.compile(r'^import\s+(\{[^}]*\}|\* as \w+)\s+from\s+"(\.[^"]+)";[^\S\n]*\n?', re.MULTILINE)
_REEXPORT = re.compile(r'^export\s+\{([^}]*)\}\s+from\s+"(\.[^"]+)";[^\S\n]*\n?', re.MULTILINE)
_EXPORT = re.compile(r"^export\s+(?=(?:async\s+)?(?:const|class|function\*?)\s+(\w+))", re.MULTILINE)
_DECLARED = re.compile(r"^(?:async\s+)?(?:const|let|class|function\*?)\s+([\w$]+|[{\[].*?=)", re.MULTILINE)
_LEFT_OVER = re.compile(r"^(?:import|export)\b.*|\bimport\.meta\b(?!\.url)|\bimport\(", re.MULTILINE)

# What the scripts use of the browser: a name of a module must not stand in its light in another one.
_BROWSER_NAMES = (
    "document window location history navigator crypto performance fetch URL Blob Chart CSS Intl Math JSON "
    "matchMedia localStorage sessionStorage EventSource name status event open close stop print find focus"
)
_BROWSER = frozenset(_BROWSER_NAMES.split())


class UnknownModuleForm(ValueError):
    """A module imports or exports in a form that the page's scripts do not use; the message names it."""


@dataclass(frozen=True, kw_only=True)
class Module:
    """One module: what it imports as ("{names}" or "* as name", path), exports and declares, and its body."""

    path: Path
    imports: tuple[tuple[str, Path], ...]
    reexports: tuple[tuple[str, Path], ...]
    exports: tuple[str, ...]
    declared: frozenset[str]
    body: str


@dataclass
class _Script:
    """What has been put together so far, the names that are taken, and by what each export is reached."""

    text: list[str] = field(default_factory=list)
    taken: set[str] = field(default_factory=lambda: set(_BROWSER))
    places: dict[tuple[Path, str], str] = field(default_factory=dict)


def modules_of(entry: Path) -> list[Path]:
    """Return ``entry`` and all that it imports, each after those that it imports itself.

    Raises:
        UnknownModuleForm: two modules import each other, or a form of import is not known.
    """
    return [module.path for module in _in_order(entry.resolve())]


def joined(entry: Path, *, minified: Callable[[str], str], address_of: Callable[[Path], str]) -> str:
    """Return one script that does what the module ``entry`` does.

    ``minified`` is applied to each module; ``address_of`` tells the absolute path at which a module by
    itself would be had, which is what its ``import.meta.url`` is about.

    Raises:
        UnknownModuleForm: a module imports or exports in a form not known here.
    """
    modules = [_with_short_names(module, index) for index, module in enumerate(_in_order(entry.resolve()))]
    spaces: dict[Path, str] = {}
    for name, path in (space for module in modules for space in _spaces(module)):
        if spaces.setdefault(path, name) != name:
            raise UnknownModuleForm(f"{path.name} is imported whole as {name} and as {spaces[path]}")
    script = _Script()
    script.taken |= set(spaces.values())
    for index, module in enumerate(modules):
        own_address = f'new URL("{address_of(module.path)}",location)'
        _add(script, module, minified(module.body.replace("import.meta.url", own_address)), f"$m{index}")
        if module.path in spaces:
            script.text.append(f"const {spaces[module.path]}={_object(script, module)};")
    return "\n".join(script.text)


def _in_order(entry: Path) -> list[Module]:
    found: dict[Path, Module] = {}

    def visit(path: Path, waiting: tuple[Path, ...]) -> None:
        if path in waiting:
            raise UnknownModuleForm(f"{path.name} imports itself by way of {waiting[-1].name}")
        if path not in found:
            module = _read(path)
            for _, other in module.imports + module.reexports:
                visit(other, (*waiting, path))
            found[path] = module

    visit(entry, ())
    return list(found.values())


def _read(path: Path) -> Module:
    text = path.read_text("utf-8")

    def found(form: re.Pattern[str]) -> tuple[tuple[str, Path], ...]:
        return tuple((match[1], (path.parent / match[2]).resolve()) for match in form.finditer(text))

    body = _REEXPORT.sub("", _IMPORT.sub("", text))
    plain = _EXPORT.sub("", body)
    left_over = _LEFT_OVER.search(plain)
    if left_over:
        raise UnknownModuleForm(f"{path.name}: {left_over.group()}")
    return Module(
        path=path,
        imports=found(_IMPORT),
        reexports=found(_REEXPORT),
        exports=tuple(match[1] for match in _EXPORT.finditer(body)),
        declared=frozenset(match[1] for match in _DECLARED.finditer(plain)),
        body=plain,
    )


def _with_short_names(module: Module, index: int) -> Module:
    private = frozenset(name for name in module.declared if name.isidentifier()) - set(module.exports)
    body = shortened(module.body, private, prefix=f"${index:x}_")
    return replace(module, body=body, declared=frozenset(match[1] for match in _DECLARED.finditer(body)))


def _add(script: _Script, module: Module, body: str, name: str) -> None:
    for names, path in module.reexports:
        for _, exported in _pairs(f"{{{names}}}"):
            script.places[module.path, exported] = script.places[path, exported]
    aliases = list(_aliases(script, module))
    plain_names = all(re.fullmatch(r"[\w$]+", declared) for declared in module.declared)
    if plain_names and not aliases and not module.declared & script.taken:
        script.taken |= module.declared
        script.places |= {(module.path, exported): exported for exported in module.exports}
        script.text.append(body)
        return
    declarations = "".join(f"const {alias};" for alias in aliases)
    call = f"(()=>{{{declarations}{body}\nreturn{{{','.join(module.exports)}}}}})();"
    free = [exported for exported in module.exports if exported not in script.taken]
    if len(free) == len(module.exports):
        script.text.append(f"const{{{','.join(free)}}}={call}")
    else:
        script.text.append(f"const {name}={call}" + (f"const{{{','.join(free)}}}={name};" if free else ""))
    script.taken |= set(free)
    for exported in module.exports:
        script.places[module.path, exported] = exported if exported in free else f"{name}.{exported}"


def _aliases(script: _Script, module: Module) -> Iterator[str]:
    """Yield the declarations that a module needs for what it imports and cannot see by its name."""
    for names, path in module.imports:
        for own, exported in _pairs(names):
            if script.places[path, exported] != own:
                yield f"{own}={script.places[path, exported]}"


def _object(script: _Script, module: Module) -> str:
    """Return the object of a module's exports, for those who import it whole."""
    places = {exported: place for (path, exported), place in script.places.items() if path == module.path}
    return f"{{{','.join(name if name == place else f'{name}:{place}' for name, place in places.items())}}}"


def _spaces(module: Module) -> Iterator[tuple[str, Path]]:
    for names, path in module.imports:
        if names.startswith("*"):
            yield names.removeprefix("* as "), path


def _pairs(names: str) -> Iterator[tuple[str, str]]:
    """Yield (own name, exported name) of an import in braces; a namespace has none."""
    if names.startswith("{"):
        for part in filter(None, (part.strip() for part in names.strip("{}").split(","))):
            exported, _, own = part.partition(" as ")
            yield own or exported, exported
