"""`auth-service evaluate pad`: how often attacks pass and living people do not, in pictures, films and sessions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from auth_service.cli.evaluate_pad_bench import PadBench, opened_bench
from auth_service.cli.flash_words import tell_measurement
from auth_service.cli.pad_folder import REFERENCE, Presented, Unusable, content, found_below, named_in
from auth_service.cli.pad_journal import Journal
from auth_service.cli.pad_words import tell
from auth_service.cli.signing_in import PasswordStdin, signed_in
from auth_service.cli.speak import JsonFlag, Voice, error_document, speaking
from auth_service.core.clock import legal_date
from auth_service.core.errors import AlreadyExists, FieldInvalid, InputRefused, NoFaceFound, NotFound
from auth_service.engines.catalogue import DEFAULT_ENGINE
from auth_service.liveness.flash_measurement import check_name, measurement_of
from auth_service.liveness.trial_report import Silent, pad_document
from auth_service.liveness.trials import Trial
from auth_service.settings import Profile, load_settings
from auth_service.wiring import Wiring

evaluating_pad = typer.Typer()

Root = Annotated[
    Path, typer.Option("--root", help="Holds bona_fide/SUBJECT, attacks/SPECIES/SUBJECT, references/SUBJECT.")
]
Manifest = Annotated[Path | None, typer.Option("--manifest", help="CSV path,label[,subject] in place of those names.")]
Out = Annotated[Path | None, typer.Option("--out", help="Folder for result.json; run again, it goes on from there.")]
Record = Annotated[
    str | None,
    typer.Option("--record", help="Keep the colours' part under this name, for another person to activate; with --by."),
]


@evaluating_pad.command("pad")
def pad_command(
    root: Root,
    manifest: Manifest = None,
    engine: Annotated[str, typer.Option("--engine", help="Engine id of models/manifest.toml.")] = DEFAULT_ENGINE,
    out: Out = None,
    record: Record = None,
    by: Annotated[str | None, typer.Option("--by", help="With --record: staff account that stands for it.")] = None,
    password_stdin: PasswordStdin = False,
    as_json: JsonFlag = False,
) -> None:
    """Measure APCER of each species and BPCER, by layer and together, with and without the MiniFASNet pair."""
    with speaking(as_json=as_json) as voice:
        keeper = None if record is None else _keeper(engine, record, by)
        found = named_in(root, content(manifest)) if manifest else found_below(root)
        presented = [one for one in found if isinstance(one, Presented)]
        outcome = Outcome([one for one in found if isinstance(one, Unusable)])
        # the profile does not matter: measuring decides nothing, and comes before there is a record for production
        with opened_bench(Wiring(load_settings(engine=engine, profile=Profile.DEVELOPMENT))) as bench:
            outcome.unusable += bench.enrol(one for one in presented if one.label == REFERENCE)
            shown = [one for one in presented if one.label != REFERENCE]
            # what is to be kept is judged now: a journal is a file that somebody could have written
            journal = Journal.opened(out if record is None else None, bench.terms)
            _judge_all(voice, bench, shown, journal, outcome)
            document = _document(bench, outcome)
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
            text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
            (out / "result.json").write_text(text, encoding="utf-8")
        voice.result(document)
        tell(voice, document)
        if keeper is not None and record is not None and by is not None:
            made = measurement_of(document, record)
            tell_measurement(voice, made)
            with signed_in(keeper, by, stdin=password_stdin) as member:
                keeper.keep_flash.record(made, member)
            told = f"auth-service flash activate {record} --by WHO"
            voice.both(f"已记录。须由另一人启用：{told}", f"Recorded. Another person activates it: {told}")


def _keeper(engine: str, name: str, by: str | None) -> Wiring:
    """Where the measurement will be kept; said before hours of judging.

    raises   FieldInvalid (no account, the name), AlreadyExists, SettingInvalid, SchemaOutdated
    """
    if by is None:
        raise FieldInvalid("--record needs --by", field="by")
    check_name(name)
    keeper = Wiring(load_settings(engine=engine))
    keeper.store.check_schema()
    try:
        keeper.keep_flash.find(name)
    except NotFound:
        return keeper
    raise AlreadyExists(field="name")


@dataclass(slots=True)
class Outcome:
    """What came of all files: none is lost. digests: path and content of each presentation that could be read"""

    unusable: list[Unusable]
    trials: list[Trial] = field(default_factory=list)
    silent: list[Silent] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    judged_before: int = 0

    def add(self, told: Trial | Silent) -> None:
        (self.silent if isinstance(told, Silent) else self.trials).append(told)  # type: ignore[arg-type]


def _judge_all(voice: Voice, bench: PadBench, shown: Sequence[Presented], journal: Journal, outcome: Outcome) -> None:
    """raises EngineFault: the engine, not a file"""
    with voice.progress("Judging", len(shown)) as done:
        for one in shown:
            try:
                digest = one.digest()
                known = journal.known.get((one.path, digest))
                if known is None:
                    journal.add(digest, known := _judged(bench, one))
                else:
                    outcome.judged_before += 1
            except InputRefused as refused:
                outcome.unusable.append(Unusable(one.path, refused))
            else:
                outcome.add(known)
                outcome.digests.append(f"{one.path} {digest}")
            done(1)


def _judged(bench: PadBench, shown: Presented) -> Trial | Silent:
    try:
        return bench.judged(shown)
    except NoFaceFound:
        return Silent(shown.path, shown.label)


def _document(bench: PadBench, outcome: Outcome) -> dict[str, Any]:
    """raises EvaluationSetTooSmall"""
    pad = bench.judge.policy.pad
    unusable = [{"path": one.path, **error_document(one.error)} for one in outcome.unusable]
    return {
        **pad_document(outcome.trials, outcome.silent, pad, model=bench.reader.has_model),
        "measured_on": legal_date(datetime.now(UTC)).isoformat(),
        **bench.terms,
        "data_sha256": hashlib.sha256("\n".join(sorted(outcome.digests)).encode()).hexdigest(),
        "judged_before": outcome.judged_before,
        "unusable": sorted(unusable, key=lambda one: str(one["path"])),
    }
