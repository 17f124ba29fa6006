"""The network: kubeconfig, authentication, lists, patches, errors. Knows nothing of Istio."""
