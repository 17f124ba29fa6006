"""Namespaces: their labels decide, for all that is in them."""

from kubectl_ambient.cluster import facts
from kubectl_ambient.cluster.kinds.kind import WATCH, kind
from kubectl_ambient.cluster.wire_parts import Object, texts


class Namespace(Object, frozen=True):
    """A Namespace, of which the metadata is enough."""

    def fact(self) -> facts.Namespace:
        """The flat namespace, labels as written: an API server sets kubernetes.io/metadata.name, a manifest may not."""
        annotations = self.metadata.annotations
        return facts.Namespace(
            name=self.name,
            labels=texts(self.metadata.labels),
            mode_annotation=annotations.dataplane_mode if annotations else None,
            canary_weight=annotations.canary_weight if annotations else None,
            deleting=self.metadata.deletion_timestamp,
        )


NAMESPACES = kind("namespaces", "namespaces", Namespace, partial=True, rights=WATCH)
