"""One endpoint of this machine: a small supervisor process that owns the stable port, and the model servers below it.

The supervisor binds the port once and keeps the listening socket for life. Model servers inherit it and accept from
one queue, so a change of versions refuses and resets no connection. What it does is written to state.json before it
answers, so that a supervisor that was killed takes up where it was.

    control     how it is asked: one JSON line there, one back
    launch      starts it, once
    keeper      starts it in a container of its own, and again when it was killed
    place       where that is, and with which ports
    supervisor  its loop
    versions    its commands: start, shift, settle, restore, withdraw, discard
    server      one model server process
    state       what it remembers
"""
