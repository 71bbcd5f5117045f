"""Feature definitions of the diabetes study."""

from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
from feast.types import Float64, Int64

patient = Entity(
    name="patient", join_keys=["patient_id"], value_type=ValueType.INT64, description="A patient of the study."
)

demographics = FeatureView(
    name="demographics",
    entities=[patient],
    schema=[
        Field(name="age", dtype=Int64, description="Age in years."),
        Field(name="sex", dtype=Int64, description="Sex, 1 or 2, as the study codes it."),
    ],
    source=FileSource(
        name="demographics", path="../../data/diabetes/demographics.parquet", timestamp_field="event_timestamp"
    ),
)
measurements = FeatureView(
    name="measurements",
    entities=[patient],
    schema=[
        Field(name="bmi", dtype=Float64, description="Body mass index, kg/m2."),
        Field(name="bp", dtype=Float64, description="Mean arterial blood pressure, mmHg."),
        Field(name="total_cholesterol", dtype=Float64, description="Total serum cholesterol, mg/dl."),
        Field(name="ldl", dtype=Float64, description="Low-density lipoproteins, mg/dl."),
        Field(name="hdl", dtype=Float64, description="High-density lipoproteins, mg/dl."),
        Field(name="cholesterol_ratio", dtype=Float64, description="Total cholesterol over HDL."),
        Field(name="log_triglycerides", dtype=Float64, description="Logarithm of serum triglycerides."),
        Field(name="blood_sugar", dtype=Float64, description="Blood sugar, mg/dl."),
    ],
    source=FileSource(
        name="measurements", path="../../data/diabetes/measurements.parquet", timestamp_field="event_timestamp"
    ),
)
progression_v1 = FeatureService(name="progression_v1", features=[demographics, measurements])
