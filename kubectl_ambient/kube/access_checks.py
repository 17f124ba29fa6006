"""What kubectl refuses in a cluster or user of a kubeconfig before it connects, in its words."""

from __future__ import annotations

from pathlib import Path

from kubectl_ambient.foreign import stacked

from .errors import ConfigError, why_not_opened
from .kubeconfig import Entry


def check_access(cluster_name: str, cluster: Entry, user_name: str, user: Entry) -> None:
    """Raises ConfigError for what contradicts itself or names a file that cannot be read."""
    problems = [*_cluster_problems(cluster_name, cluster), *_user_problems(user_name, user)]
    if len(problems) == 1:
        raise ConfigError(f"error: {problems[0]}")
    if problems:
        raise ConfigError(stacked(["Error in configuration: ", *(f"* {p}" for p in problems)]))


def _cluster_problems(name: str, cluster: Entry) -> list[str]:
    problems = []
    if "certificate-authority" in cluster and "certificate-authority-data" in cluster:
        problems.append(
            f"certificate-authority-data and certificate-authority are both specified for {name}."
            " certificate-authority-data will override."
        )
    elif cluster.get("insecure-skip-tls-verify") and (
        "certificate-authority" in cluster or "certificate-authority-data" in cluster
    ):
        problems.append("specifying a root certificates file with the insecure flag is not allowed")
    return problems + _unreadable(cluster, "certificate-authority", "certificate-authority", name)


def _user_problems(name: str, user: Entry) -> list[str]:
    problems = []
    if "client-certificate" in user or "client-certificate-data" in user:
        if "client-certificate" in user and "client-certificate-data" in user:
            problems.append(
                f"client-cert-data and client-cert are both specified for {name}. client-cert-data will override."
            )
        if "client-key" in user and "client-key-data" in user:
            problems.append(
                f"client-key-data and client-key are both specified for {name}; client-key-data will override"
            )
        if "client-key" not in user and "client-key-data" not in user:
            problems.append(
                f"client-key-data or client-key must be specified for {name} to use the clientCert"
                " authentication method."
            )
        problems += _unreadable(user, "client-certificate", "client-cert", name)
        problems += _unreadable(user, "client-key", "client-key", name)
    if "exec" in user and "auth-provider" in user:
        problems.append(f"authProvider cannot be provided in combination with an exec plugin for {name}")
    if "exec" in user:
        problems += _exec_problems(name, user["exec"])
    if "token" in user and ("username" in user or "password" in user):
        problems.append(
            f"more than one authentication method found for {name}; found [token basicAuth], only one is allowed"
        )
    if "as" not in user and any(key in user for key in ("as-uid", "as-groups", "as-user-extra")):
        problems.append(f"requesting uid, groups or user-extra for {name} without impersonating a user")
    return problems


def _exec_problems(name: str, spec: Entry) -> list[str]:
    """Checked also where a token stands beside it, which goes first."""
    version, mode = str(spec.get("apiVersion") or ""), spec.get("interactiveMode")
    missing = [word for word in ("command", "apiVersion") if not spec.get(word)]
    missing += ["env variable name" for entry in spec.get("env") or () if not (entry or {}).get("name")]
    if not mode and not version.endswith(("/v1beta1", "/v1alpha1")):  # these have a default
        missing.append("interactiveMode")
    problems = [f"{word} must be specified for {name} to use exec authentication plugin" for word in missing]
    if mode and mode not in ("Never", "IfAvailable", "Always"):
        problems.append(f'invalid interactiveMode for {name}: "{mode}"')
    return problems


def _unreadable(entry: Entry, key: str, word: str, name: str) -> list[str]:
    path = entry.get(key)
    if not path:
        return []
    try:
        with Path(path).open("rb"):
            return []
    except (OSError, ValueError) as e:  # a ValueError is for a NUL in it
        return [f"unable to read {word} {path} for {name} due to open {path}: {why_not_opened(e)}"]
