"""What a pod's user should know besides the verdict."""
