"""Feature definitions of the wine study."""

from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
from feast.types import Float64

NAMES = [
    "alcohol",
    "malic_acid",
    "ash",
    "alcalinity_of_ash",
    "magnesium",
    "total_phenols",
    "flavanoids",
    "nonflavanoid_phenols",
    "proanthocyanins",
    "color_intensity",
    "hue",
    "od280_od315",
    "proline",
]
wine = Entity(name="wine", join_keys=["wine_id"], value_type=ValueType.INT64, description="A bottle of the study.")
analysis = FeatureView(
    name="analysis",
    entities=[wine],
    schema=[
        Field(name=name, dtype=Float64, description=f"Chemical analysis: {name.replace('_', ' ')}.") for name in NAMES
    ],
    source=FileSource(name="analysis", path="../../data/wine/analysis.parquet", timestamp_field="event_timestamp"),
)
cultivar_v1 = FeatureService(name="cultivar_v1", features=[analysis])
