"""The extension of Jupyter's server: reports on the environments of its kernels, over HTTP.

The server itself only looks up, waits and hands on. Whatever reads an environment or judges it is done by `worker`
processes, so that a folder on a slow disk holds up neither the server nor its kernels.
"""
