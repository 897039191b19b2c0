"""Every setting of Quire in one typed object: a preset, then a file, then the environment, then --set."""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from augment.operators import OPERATORS
from augment.settings import AskSettings, AugmentSettings
from extractors.errors import QuireError
from extractors.settings import ReadSettings
from training.settings import DatasetSettings, EvaluateSettings, SplitSettings, TrainSettings, TuneSettings

PRESETS = Path(__file__).parent / "presets"


class ConfigurationError(QuireError):
    """A setting that does not exist or cannot be what it was set to."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix="QUIRE_", env_nested_delimiter="__")

    preset: str = Field("starter", description="name of the preset these settings started from")
    raw_docs: Path = Field(Path("raw_docs"), description="folder of the documents")
    out: Path = Field(Path("out"), description="folder that everything is written to")
    seed: int = Field(3407, description="the one seed of everything that draws lots")
    workers: int = Field(0, ge=0, description="worker processes; 0 for one a core")
    runner: Literal["threads", "dask", "ray"] = Field("threads", description="what runs the tasks of a build")
    runner_address: str = Field("", description="address of a cluster for it; none: one that ends with the run")
    read: ReadSettings = ReadSettings()
    ask: AskSettings = AskSettings()
    augment: AugmentSettings = AugmentSettings()
    split: SplitSettings = SplitSettings()
    dataset: DatasetSettings = DatasetSettings()
    train: TrainSettings = TrainSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    tune: TuneSettings = TuneSettings()

    @field_validator("augment")
    @classmethod
    def _rates_of_operators(cls, augment: AugmentSettings) -> AugmentSettings:
        known = OPERATORS.entries()
        if unknown := set(augment.rates) - set(known):
            raise ValueError(f"there is no operator {min(unknown)}, only {', '.join(known)}")
        return augment

    @property
    def work(self) -> Path:
        """Work files and kept results: deleting the output folder clears them with it."""
        return self.out / ".quire"

    def worker_count(self) -> int:
        return self.workers or len(os.sched_getaffinity(0))


def load(
    preset: str = "starter",
    config: Path | None = None,
    overrides: Sequence[str] = (),
    **direct: Any,
) -> Settings:
    """The settings of a preset with a TOML file, `QUIRE_…` variables, `section.key=value` overrides and direct
    values on top, the later winning.

    Raises ConfigurationError naming the setting and what it may be.
    """
    files = [preset_file(preset)]
    if config is not None:
        if not config.is_file():
            raise ConfigurationError(f"There is no configuration file {config}.", fix="Check the path of --config.")
        files.append(config)

    class Loaded(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, env_settings, TomlConfigSettingsSource(cls, files, deep_merge=True)

    given = _nested(overrides)
    given.update({name: value for name, value in direct.items() if value is not None})
    try:
        loaded = Loaded(**{"preset": files[0].name.removesuffix(".toml"), **given})
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{files[-1]} is not valid TOML: {error}.", fix="Mend the line it names.") from None
    except ValidationError as error:
        raise ConfigurationError(*_explained(error)) from None
    except SettingsError as error:
        raise ConfigurationError(f"{error}.", fix="Check the QUIRE_… variables of the environment.") from None
    return Settings.model_construct(**dict(loaded))


def preset_file(name: str) -> Path:
    """The TOML file of a preset, by name or by path."""
    for file in (PRESETS / f"{name}.toml", Path(name)):
        if file.suffix == ".toml" and file.is_file():
            return file
    raise ConfigurationError(
        f"There is no preset {name!r}.",
        fix=f"Use one of {', '.join(preset_names())}, or the path of a TOML file.",
    )


def preset_names() -> list[str]:
    return sorted(file.stem for file in PRESETS.glob("*.toml"))


def hash_of(*parts: BaseModel | str | int | Sequence[str]) -> str:
    """Sixteen hex digits over settings, names and hashes, for the keys that kept results are found by."""
    plain = [part.model_dump(mode="json") if isinstance(part, BaseModel) else part for part in parts]
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]


def _nested(overrides: Sequence[str]) -> dict[str, Any]:
    """`["train.epochs=2"]` to `{"train": {"epochs": 2}}`; a value that is not TOML is taken as a string."""
    tree: dict[str, Any] = {}
    for override in overrides:
        path, mark, text = override.partition("=")
        if not mark or not path:
            raise ConfigurationError(
                f"--set {override!r} is not section.key=value.", fix="Write it like train.epochs=2."
            )
        try:
            value = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            value = text
        *parents, last = path.strip().split(".")
        branch = tree
        for parent in parents:
            branch = branch.setdefault(parent, {})
            if not isinstance(branch, dict):
                raise ConfigurationError(f"--set {override!r} sets a part of {parent}, which is set as a whole.")
        branch[last] = value
    return tree


def _explained(error: ValidationError) -> tuple[str]:
    lines: dict[str, str] = {}
    for problem in error.errors():
        name = ".".join(part for part in map(str, problem["loc"]) if part != "bool" and "[" not in part)
        if problem["type"] == "extra_forbidden":
            lines[name] = f"There is no setting {name}. `quire presets starter` prints all there are."
        elif problem["type"] == "string_pattern_mismatch":
            lines[name] = f"{name} = {problem['input']!r} is not: {_described(*problem['loc'])}."
        elif name in lines:  # the next of the kinds of value that it may have
            lines[name] = f"{lines[name][:-1]}, or {problem['msg']}."
        else:
            lines[name] = f"{name} = {problem['input']!r}: {problem['msg']}."
    return (" ".join(lines.values()),)


def _described(section: int | str, name: int | str) -> str:
    """What a setting of a section is, in the words of its field."""
    fields = getattr(Settings.model_fields[str(section)].annotation, "model_fields", {})
    return str(fields[name].description)
