"""Models in the own file formats of XGBoost, LightGBM, CatBoost and ONNX, as estimators."""
