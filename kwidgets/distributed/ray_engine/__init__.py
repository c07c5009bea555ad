"""Train on a Ray cluster: plain Ray Core, whose actors start the workers on their nodes.

Processes and who calls whom::

    kernel ──socket──▶ bridge ──Ray──▶ supervisor (detached actor) ──Ray──▶ rank actors
                                             ▲                                 │ start
                                             └──Ray── rank actor ◀──socket── worker process

The kernel and the workers do not import Ray: its client ends the process that it is in when the
cluster is lost, and its threads are none of a training's.
"""
