"""Whether CUDA works here, and if not, why: the decision tree as one verdict.

`tree` names the branches in their order, each family of them in a module of its own; `told` puts verdict, table, driver and
GPUs together. Nothing is read in here: it is judged from `Environment` and from what the rules have found.
"""
