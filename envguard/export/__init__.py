"""An environment written down so that another machine can make it: environment.yml, explicit list, requirements, Dockerfile.

`inventory` reads what there is and what cannot be written down, the modules of the forms write it, `verify` tries it.
Nothing here changes anything, and no secret stands in what is written.
"""
