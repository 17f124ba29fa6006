"""Whole clusters and files of any shape, against the program as it is typed: words in, output and exit code out.

`words`, `pods`, `workloads`, `istio`, `services` and `clusters` make objects as an API server would store them;
`server` serves them as one does; `files` writes them down, and makes what is no manifest at all. The laws stand in the
tests, which know nothing of the program but its command line.
"""
