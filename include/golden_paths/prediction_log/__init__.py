"""The prediction log: what a model that is watched answered, and from what.

Servers write it (`golden_paths.serve`), the watch reads it. Parquet files below an address:

    MODEL/date=YYYY-MM-DD/hour=HH/VERSION-HOST-START-N.parquet      date and hour of the rows' time, in UTC

    time         timestamp[us, UTC]     when it was answered
    request_id   string                 the client's X-Request-ID, else the server's
    model, version, digest              what answered
    entity.KEY                          of /predict; null of /invocations
    feature.NAME                        what the model was given
    prediction                          its answer
    score        double                 of two classes the second one's probability, where the answer had it: always of
                                        /predict, of /invocations with ?return=probabilities

A file is written once, under a name that no other process makes, and is seen whole or not at all. Sensitive columns are
hashed, left out or kept as the policy says (`predictions`).
"""
