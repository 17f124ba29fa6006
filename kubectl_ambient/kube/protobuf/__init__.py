"""Kubernetes' protobuf encoding, of the kinds of which there may be many: half the bytes of JSON, read as they come."""
