"""Fills a real API server with a cluster of any size, the same one for the same seed.

Each shape of object is created once through the API (`shapes`, `captured`, `mould`): what the server then keeps in
etcd are its own bytes. Copies of them go straight into etcd under other names, addresses and uids (`plan`, `etcd`),
which takes seconds where the API would take an hour.
"""
