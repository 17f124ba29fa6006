"""What each flag and each argument takes. A new command adds its line to `ARGUMENTS`.

A flag that is not here offers the words of its help where that says “One of a, b, c.”. Where the flag of one
command takes something else than that of the others, its line begins with the command.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from kubectl_ambient.cli.completion.definitions import Flag
from kubectl_ambient.cli.completion.line import Line
from kubectl_ambient.cli.completion.names import kubeconfig_names, live_names
from kubectl_ambient.cli.completion.protocol import FILES, NOTHING, Answer
from kubectl_ambient.cli.completion.selectors import complete_selector
from kubectl_ambient.cli.completion.targets import complete_ends, complete_targets

Hint = Callable[[Line], Answer]


def nothing(line: Line) -> Answer:
    """Free text."""
    return NOTHING


def files(line: Line) -> Answer:
    """A path: the shell completes it."""
    return FILES


def words(**known: str) -> Hint:
    """One of these words, each with what it means."""
    return lambda line: Answer(known)


def names(kind: str) -> Hint:
    """Names of live objects of one kind; an argument is not offered twice."""
    return lambda line: Answer({name: "" for name in live_names(line, kind) if line.flag or name not in line.arguments})


def kubeconfig(section: str) -> Hint:
    """Names in the kubeconfig: its `contexts`, `clusters` or `users`."""
    return lambda line: Answer(dict.fromkeys(kubeconfig_names(line, section), ""))


def targets(*kinds: str, bare: str = "") -> Hint:
    """`TYPE NAME…` or `TYPE/NAME…` of these kinds; of the kind `bare` a name may stand alone."""
    return partial(complete_targets, kinds=kinds, bare=bare)


def ends(*kinds: str, words: tuple[str, ...]) -> Hint:
    """One of the two ends of a path."""
    return partial(complete_ends, kinds=kinds, words=words)


def fail_on(line: Line) -> Answer:
    """Conditions, which may be joined by commas."""
    from kubectl_ambient.mesh.summary import FAIL_ON

    before, comma, _ = line.word.rpartition(",")
    return Answer({f"{before}{comma}{word}": "" for word in FAIL_ON if word not in before.split(",")})


def checks(line: Line) -> Answer:
    """Sections and checks, which may be joined by commas."""
    from kubectl_ambient.runs.check.source import words

    before, comma, _ = line.word.rpartition(",")
    return Answer({f"{before}{comma}{word}": told for word, told in words().items() if word not in before.split(",")})


def keys_or_targets(*kinds: str) -> Hint:
    """Keys of the label reference, or objects of these kinds: no line holds both."""

    def complete(line: Line) -> Answer:
        from kubectl_ambient.mesh.labels.reference import REFERENCE, find_entries

        objects = complete_targets(line, kinds=kinds)
        if any(not find_entries(word) for word in line.arguments):
            return objects
        keys = {entry.key: entry.effect for entry in REFERENCE if entry.key not in line.arguments}
        return Answer(keys) if line.arguments else Answer({**objects.candidates, **keys}, objects.directive)

    return complete


WITH_PODS = (
    *("Namespace", "Pod", "Deployment", "StatefulSet", "DaemonSet"),
    *("Job", "CronJob", "ReplicaSet", "ReplicationController"),
)

POLICIES = ("AuthorizationPolicy", "PeerAuthentication")

WITH_WAYPOINT = ("Service", "ServiceEntry", "Pod", "WorkloadEntry")

CHANGING = ("enable", "disable", "waypoint enable", "waypoint disable")

of_risks = words(warning="risks of severity warning, and errors", error="errors alone")

FLAGS: dict[str, Hint] = {
    "--namespace": names("Namespace"),
    "--context": kubeconfig("contexts"),
    "--cluster": kubeconfig("clusters"),
    "--user": kubeconfig("users"),
    "--kubeconfig": files,
    "--client-certificate": files,
    "--client-key": files,
    "--certificate-authority": files,
    "--filename": files,
    "--dir": files,
    "--selector": complete_selector,
    "--namespace-selector": partial(complete_selector, kind="Namespace"),
    "--waypoint": names("Gateway"),
    "--waypoint-namespace": names("Namespace"),
    "--fail-on": fail_on,
    "waypoint status --fail-on": words(drift="", unknown="", error="", any=""),
    "policy status --fail-on": words(unknown="", error="", any=""),
    "check --fail-on": words(error="", warning="errors and warnings", unknown="", any="", none=""),
    "check --only": checks,
    "check --skip": checks,
    **{f"{command} --fail-on": of_risks for command in CHANGING},
    "labels --fail-on": words(any="errors and warnings", error="errors alone"),
    "--dry-run": words(none="change it", client="send nothing", server="have it checked, and nothing stored"),
}

ARGUMENTS: dict[str, Hint] = {
    "status": names("Pod"),
    "explain": targets(*WITH_PODS, bare="Pod"),
    "enable": targets(*WITH_PODS),
    "disable": targets(*WITH_PODS),
    "waypoint status": targets(*WITH_WAYPOINT, bare="Service"),
    "waypoint explain": targets("Namespace", *WITH_WAYPOINT),
    "waypoint enable": targets("Namespace", *WITH_WAYPOINT),
    "waypoint disable": targets("Namespace", *WITH_WAYPOINT),
    "policy status": targets(*POLICIES, bare="AuthorizationPolicy"),
    "policy explain": targets(*POLICIES, bare="AuthorizationPolicy"),
    "path": ends("Pod", "Service", "Gateway", *WITH_PODS[2:], words=("outside", "node")),
    "labels": keys_or_targets(*WITH_PODS, "Service", "Gateway", "GatewayClass", "ServiceEntry", "WorkloadEntry"),
}


def flag_hint(command: str, flag: Flag) -> Hint:
    """What the value of a command's flag may be."""
    for name in (*(f"{command} {name}" for name in flag.names), *flag.names):
        if name in FLAGS:
            return FLAGS[name]
    listed = re.match(r"One of ([\w, -]+)\.", flag.help)
    found = flag.choices or tuple(listed[1].replace(" or ", " ").replace(",", " ").split() if listed else ())
    return words(**dict.fromkeys(found, "")) if found else nothing


def argument_hint(command: str) -> Hint:
    """What the arguments of a command may be."""
    return ARGUMENTS.get(command, nothing)
