"""Jinja2: name + context -> text. Built-in templates, overridden file by file.

A template of the folder beside the config hides the built-in one of the same name, and may
extend it as `builtin/NAME`. All run in a sandbox; a name that is not in the context is an error
with its file and line, never an empty string.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import jinja2
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from syndicate.errors import Problem, TemplateError

_SUFFIXES = (".html", ".txt", ".css", ".js", ".xml")
_PARTS = 512  # cached parts of pages; a site has a header and a footer for each depth and language
_RAISED = (jinja2.TemplateError, jinja2.exceptions.SecurityError, ArithmeticError, LookupError,
           TypeError, ValueError, AttributeError)  # fmt: skip


class _Sandbox(SandboxedEnvironment):
    """The sandbox, with a short way for the fields of our own values, which are nearly all that a
    template asks for: they are data, and what begins with `_` goes the long way."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if attribute[:1] != "_" and hasattr(type(obj), "__dataclass_fields__"):
            try:
                return getattr(obj, attribute)
            except AttributeError:
                return self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)


class Templates:
    """Templates in folders, the first that has a name winning; the last are the built-in ones.

    `cache` is a folder for compiled templates, so that a second process need not compile; it
    must be writable by nobody else. Without one they are compiled once a process.
    """

    def __init__(self, folders: Sequence[Path], cache: Path | None = None) -> None:
        self.folders, self._cache = tuple(folders), cache
        self._environment = _Sandbox(
            loader=_loader(self.folders),
            autoescape=jinja2.select_autoescape(("html", "xml")),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
            cache_size=-1,
            bytecode_cache=_compiled(cache),
        )
        self._parts: dict[tuple[str, int], tuple[Any, Markup]] = {}
        self._environment.globals["part"] = self._part

    def __reduce__(self) -> tuple[type[Templates], tuple[Any, ...]]:
        return Templates, (self.folders, self._cache)  # another process compiles its own

    def render(self, name: str, context: Mapping[str, Any] | object) -> str:
        """A template filled from a mapping or a dataclass, whose fields are the names.

        Raises TemplateError with file and line: no such template, bad syntax, unknown name.
        """
        try:
            return self._environment.get_template(name).render(_mapping(context))
        except RecursionError:
            raise TemplateError("it includes or extends itself", file=self._file(name)) from None
        except _RAISED as error:
            raise self._explained(name, error) from error

    def render_text(self, source: str, context: Mapping[str, Any]) -> str:
        """A short template from the config (a subject), not escaped, on one line."""
        try:
            text = self._environment.overlay(autoescape=False).from_string(source).render(context)
        except (*_RAISED, RecursionError) as error:
            raise TemplateError(str(error)) from error
        return " ".join(text.split())

    def names(self) -> tuple[str, ...]:
        """Every template there is, overriding or built in."""
        found = {
            path.relative_to(folder).as_posix()
            for folder in self.folders
            for path in _files(folder)
        }
        return tuple(sorted(found))

    def has(self, name: str) -> bool:
        return any((folder / name).is_file() for folder in self.folders)

    def check(
        self, samples: Mapping[str, Mapping[str, Any] | object] | None = None
    ) -> tuple[Problem, ...]:
        """What is wrong: each is compiled, and rendered where there is a sample context."""
        samples = samples or {}
        return tuple(p for name in self.names() if (p := self._wrong(name, samples.get(name))))

    def fingerprint(self) -> str:
        """A digest of all the sources in use: another one means that output may differ."""
        digest = hashlib.sha256()
        for folder in self.folders:  # of hidden ones too: they may be extended
            for path in sorted(_files(folder)):
                name, body = path.relative_to(folder).as_posix(), path.read_bytes()
                digest.update(f"{name}\0{len(body)}\0".encode() + body)
            digest.update(b"\0folder\0")
        return digest.hexdigest()

    def _part(self, name: str, frame: Any) -> Markup:
        """What is the same on many pages (header, footer), rendered once for a frame."""
        key = (name, id(frame))
        if key not in self._parts:
            if len(self._parts) >= _PARTS:
                self._parts.clear()
            template = self._environment.get_template(name)
            # A template's own output: autoescaped when it was made
            made = Markup(template.render(frame=frame, words=frame.words))  # noqa: S704
            self._parts[key] = (frame, made)  # the frame is kept, so that its id stays its own
        return self._parts[key][1]

    def _wrong(self, name: str, sample: Mapping[str, Any] | object | None) -> Problem | None:
        try:
            if sample is None:
                self._environment.get_template(name)
            else:
                self.render(name, sample)
        except TemplateError as error:
            return Problem(error.file, error.line, error.what)
        except _RAISED as error:
            explained = self._explained(name, error)
            return Problem(explained.file, explained.line, explained.what)
        return None

    def _explained(self, name: str, error: BaseException) -> TemplateError:
        """The error with the template and line where it happened, not where we called it."""
        if isinstance(error, TemplateError):
            return error
        if isinstance(error, jinja2.TemplateSyntaxError):
            place = error.filename or self._file(error.name or name)
            return TemplateError(error.message or "syntax error", file=place, line=error.lineno)
        if isinstance(error, jinja2.TemplateNotFound):
            file, line = self._innermost(error.__traceback__) or (self._file(name), 0)
            return TemplateError(f"no template {error.message!r}", file=file, line=line)
        file, line = self._innermost(error.__traceback__) or (self._file(name), 0)
        return TemplateError(str(error) or type(error).__name__, file=file, line=line)

    def _innermost(self, traceback: TracebackType | None) -> tuple[str, int] | None:
        """Jinja puts the templates' own lines into the traceback; the last one is the place."""
        found = None
        while traceback is not None:
            file = traceback.tb_frame.f_code.co_filename
            if any(Path(file).is_relative_to(folder) for folder in self.folders):
                found = (file, traceback.tb_lineno)
            traceback = traceback.tb_next
        return found

    def _file(self, name: str) -> str:
        bare = name.removeprefix("builtin/")
        folders = self.folders[-1:] if bare != name else self.folders
        return next((str(f / bare) for f in folders if (f / bare).is_file()), name)


def _loader(folders: Sequence[Path]) -> jinja2.BaseLoader:
    first = [jinja2.FileSystemLoader(str(folder)) for folder in folders]
    built_in = {"builtin": jinja2.FileSystemLoader([str(folder) for folder in folders[-1:]])}
    return jinja2.ChoiceLoader([*first, jinja2.PrefixLoader(built_in)])


def _compiled(cache: Path | None) -> jinja2.BytecodeCache | None:
    if cache is None:
        return None
    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    return jinja2.FileSystemBytecodeCache(str(cache), "%s.compiled")


def _mapping(context: Mapping[str, Any] | object) -> Mapping[str, Any]:
    if is_dataclass(context) and not isinstance(context, type):
        return {field.name: getattr(context, field.name) for field in fields(context)}
    assert isinstance(context, Mapping)
    return context


def _files(folder: Path) -> Iterator[Path]:
    found: Callable[[str], Iterator[Path]] = folder.rglob
    return (p for p in found("*") if p.suffix in _SUFFIXES and p.is_file())
