"""Serves one version of one model over HTTP: python -m golden_paths.serve. Runs on a machine or in a pod.

In a pod an init container brings model and features: python -m golden_paths.serve.fetch.

What it answers, and how it says no (JSON: `error`, and `problems` with field, row and problem):

    GET  /health       200 ready; 503 while it starts or drains
    GET  /version      which model this is, and from which run and training set
    GET  /metrics      Prometheus
    POST /invocations  MLflow's four JSON forms and text/csv; ?return=probabilities adds probabilities and classes
    POST /predict      {"entities": [{KEY: VALUE}, ...]} or {"entity": {...}}; the features come from the online store
    POST /explain      either body, up to 10 rows; ?top=5 reasons a row: features, and what each adds beside the typical row

A model that is slow computes in a thread, one request after the other; /health and /metrics answer meanwhile.
Explanations are computed in that thread too, whatever the model, in turns with the others.
What /predict and /invocations answer goes to the prediction log, where the server is told of one (--prediction-log): no request
waits for it, or fails with it. Every answer has an X-Request-ID. X-Golden-Paths: synthetic in a request keeps it out of the log.
A prediction or probability that is not a number (NaN, infinity) is null: the model has no answer for that row.

    400  not JSON, or none of the forms             413  body too large, or too many rows
    404  /predict: the online store does not know the entity
    415  neither application/json nor text/csv
    422  a column missing, unknown, of the wrong type; null or NaN where the model takes no missing value (tried when the
         model is loaded: a column takes them if the model answers its input example without that value); infinity
    424  /predict: the entity is known but a feature has no value in the online store
    501  /predict: this server was started without a feature repository; /explain: the version keeps no typical row
    503  the model is not loaded yet; the version was withdrawn, with the reason; /explain: it took more than 30 s

With --withdrawn REASON no model is loaded: /health says 200 and "withdrawn", /version has the reason, every POST is 503.
"""
