"""include/policy.yaml, as data. Without the file nothing is restricted; what it leaves out is not restricted either."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, WithJsonSchema, model_validator

from golden_paths.quantities import Cpu, Memory
from golden_paths.section import Section
from golden_paths.spec import PathSpec
from golden_paths.values import Duration, KubernetesName, ModelName, ProjectPath, Text

FILE = "include/policy.yaml"
Event = Literal["alarm", "renewal", "escalated", "expired"]


def _key(value: str) -> str:
    """A dotted key of a spec, as in evaluate.champion."""
    kind: type[BaseModel] | None = PathSpec
    for part in value.split("."):
        field = kind.model_fields.get(part) if kind else None
        if field is None:
            raise ValueError("is no key of a spec|write it as in evaluate.champion; see: python -m golden_paths schema")
        members = (field.annotation, *getattr(field.annotation, "__args__", ()))
        kind = next((one for one in members if isinstance(one, type) and issubclass(one, BaseModel)), None)
    return value


def _date(value: Any) -> date:
    try:
        return value if type(value) is date else date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError('is no date|write it in quotes, as in "2027-01-31"') from None


def _registry(value: str) -> str:
    if "://" in value or not value.strip("/"):
        raise ValueError("is no registry|write a host and, if you like, a path, as in registry.example/team")
    return value.rstrip("/")


SpecKey = Annotated[str, AfterValidator(_key)]
Day = Annotated[date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]
Registry = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_registry)]


class Images(Section):
    """Where images may come from."""

    registries: tuple[Registry, ...] | None = Field(
        default=None,
        strict=False,
        description="Hosts, with a path if you like. An image without a host is docker.io/library's.",
    )
    digests: bool = Field(default=False, description="Whether every image must be pinned by @sha256:...")


class Resources(Section):
    """The most that one model may take."""

    cpu: Cpu | None = Field(default=None, description="CPU that a container may ask for.")
    memory: Memory | None = Field(default=None, description="Memory of a container.")
    gpu: int | None = Field(default=None, ge=0, description="GPUs of a pod.")
    replicas: int | None = Field(default=None, ge=1, description="Pods that serve, those of an autoscaler included.")


class ApprovalRule(Section):
    """Who must say yes to a version before it may serve. Who asked for the run, or owns the model, is never one of them."""

    approvers: tuple[Text, ...] = Field(
        strict=False, min_length=1, max_length=100, description="Ids of Airflow's users; the simple auth manager's are names."
    )
    people: int = Field(default=1, ge=1, le=10, description="How many different ones must say yes.")
    within: Duration = Field(
        default="7d", validate_default=True, description="How long they are waited for; then the version is rejected."
    )

    @model_validator(mode="after")
    def _enough(self) -> ApprovalRule:
        if len(set(self.approvers)) < self.people:
            raise ValueError(f"asks for {self.people} people and names fewer|name more approvers, or ask for fewer people")
        return self


Expiry = Literal["recertify", "withdraw", "keep"]


class Tier(Section):
    """What a spec of this risk must have."""

    requires: tuple[SpecKey, ...] = Field(
        default=(),
        strict=False,
        description="Keys of a spec, as in [features.freshness, evaluate.champion]; asked for where its path has the section.",
    )
    approval: ApprovalRule | None = Field(
        default=None, description="Absent: what passed the gates goes on by itself."
    )
    expiry: Expiry = Field(
        default="keep",
        description="What becomes of a version that is older than monitor.max_age. recertify: the approvers are asked whether it "
        "may serve for as long again; withdraw: its address answers 503; keep: it serves on, with an alarm.",
    )

    @model_validator(mode="after")
    def _somebody(self) -> Tier:
        if self.expiry == "recertify" and self.approval is None:
            raise ValueError("asks to recertify, and names nobody to ask|add approval with its approvers, or write withdraw")
        return self


class Risk(Section):
    """By the risk that a spec states; one that states none has the highest."""

    minimal: Tier = Field(default_factory=Tier)
    limited: Tier = Field(default_factory=Tier)
    high: Tier = Field(default_factory=Tier)


class Waiver(Section):
    """One model may do without one of the things that its risk requires, until a day."""

    model: ModelName = Field(description="The spec's name.")
    gate: SpecKey = Field(description="The key that it may do without.")
    owner: Text = Field(description="Who answers for this waiver.")
    reason: Text = Field(description="Why.")
    expires: Day = Field(description='The last day on which it holds, in UTC, as in "2027-01-31".')

    def has_expired(self, today: date | None = None) -> bool:
        """Whether its last day is over."""
        return self.expires < (today or datetime.now(UTC).date())


class Predictions(Section):
    """What the log of a model that is watched may hold."""

    sensitive: Literal["hash", "leave_out", "keep"] = Field(
        default="hash", description="What becomes of the columns of training_set.sensitive."
    )
    keys: Literal["keep", "hash"] = Field(default="keep", description="What becomes of entity keys.")


class Notice(Section):
    """One of Airflow's notifiers, and what it is told of."""

    notifier: Text = Field(
        pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$",
        description="Its class, as in airflow.providers.smtp.notifications.smtp.SmtpNotifier; installed where tasks run.",
    )
    on: tuple[Event, ...] = Field(
        default=("alarm", "escalated", "expired"), strict=False, min_length=1, description="What it is told of."
    )
    arguments: dict[str, Any] = Field(
        default_factory=dict,
        description="Of the class. In texts {text}, {model}, {owner} and {event} are filled in.",
    )


class Policy(Section):
    """The whole file."""

    owners: tuple[Text, ...] | None = Field(default=None, strict=False, description="Teams that may have models.")
    namespaces: tuple[KubernetesName, ...] | None = Field(
        default=None, strict=False, description="Namespaces into which objects may be sent."
    )
    code_roots: tuple[ProjectPath, ...] | None = Field(
        default=None, strict=False, description="Folders of the project from which code may be run."
    )
    images: Images = Field(default_factory=Images)
    resources: Resources = Field(default_factory=Resources)
    risk: Risk = Field(default_factory=Risk)
    predictions: Predictions = Field(default_factory=Predictions)
    defaults: dict[Literal["features", "training_set", "train", "evaluate", "deploy"], dict[str, Any]] = Field(
        default_factory=dict,
        description="By section of a spec: what holds where a spec has the section, and leaves the key out.",
    )
    notify: tuple[Notice, ...] = Field(
        default=(), strict=False, max_length=20, description="Who is told of models that are watched."
    )
    waivers: tuple[Waiver, ...] = Field(default=(), strict=False)
