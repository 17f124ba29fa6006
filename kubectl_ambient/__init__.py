"""kubectl ambient: put workloads into Istio's ambient mesh, and see why each pod is or is not in it."""

__version__ = "0.1.0"
FIELD_MANAGER = "kubectl-ambient"  # who we are to a server, which remembers who set what
HOMEPAGE = "https://github.com/kubectl-ambient/kubectl-ambient"
