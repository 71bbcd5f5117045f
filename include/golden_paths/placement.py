"""Which steps run in a pod, and what each pod is given: from the spec and the platform's file alone."""

from __future__ import annotations

from dataclasses import dataclass

from golden_paths import platform
from golden_paths.platform import Platform, Pool
from golden_paths.pod_sections import Placed, PodSection
from golden_paths.spec import PathSpec
from golden_paths.step import Step


@dataclass(frozen=True)
class PodNeeds:
    """`image` None: the platform's train image. Amounts as Kubernetes writes them, `deadline` in seconds."""

    image: str | None
    cpu: str
    memory: str
    gpus: dict[str, str]
    pool: Pool
    secrets: tuple[str, ...]  # names of Kubernetes Secrets
    deadline: int


def runs_in_pod(step: Step, spec: PathSpec, of_platform: Platform) -> bool:
    """A controller never does. The spec's word counts first, then smoke's place beside its candidate, then the platform's."""
    if step.is_controller:
        return False
    if (said := placed(step.name, spec)) and said.run_in:
        return said.run_in == "pod"
    if step.name == "smoke":  # as a user of the Service would: from inside the cluster
        return spec.deploy is not None and spec.deploy.to == "kubernetes"
    return step.name in of_platform.in_pods


def pod_needs(step: Step, spec: PathSpec, of_platform: Platform) -> PodNeeds:
    """What the step's pod is given. `KeyError`: a pool or secret that the platform does not have; loading refuses that."""
    said = placed(step.name, spec)
    asked, default = (said and said.pod) or PodSection(), of_platform.pods
    timeout = spec.train.timeout if spec.train and step.name == "train" else None
    return PodNeeds(
        image=asked.image,
        cpu=asked.cpu or default.cpu,
        memory=asked.memory or default.memory,
        gpus={default.gpu_resource: str(asked.gpu)} if asked.gpu else {},
        pool=of_platform.pools[asked.pool] if asked.pool else Pool(),
        secrets=tuple(of_platform.secrets[name] for name in asked.secrets),
        deadline=platform.deadline(of_platform, timeout),
    )


def placed(step: str, spec: PathSpec) -> Placed | None:
    """What the spec says of where a step runs."""
    if step == "train":
        return spec.train
    if step == "score":
        return spec.score
    return next((said for name, said in (spec.steps or {}).items() if name == step), None)
