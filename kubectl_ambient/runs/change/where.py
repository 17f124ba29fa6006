"""Which cluster a change goes to, for who knows several."""

from __future__ import annotations

import os

from kubectl_ambient.foreign import shown
from kubectl_ambient.kube.kubeconfig import load_kubeconfig
from kubectl_ambient.kube.options import ConnectionOptions


def where_to(connection: ConnectionOptions) -> list[str]:
    """`context: prod`, where the kubeconfig has more than one. Raises ConfigError for one that cannot be read."""
    config = load_kubeconfig(connection.kubeconfig, os.environ)
    name = connection.context or config.current_context
    return [shown("context: ", name)] if len(config.contexts) > 1 and name else []
