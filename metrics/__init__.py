"""What is watched: signals, and the dashboards, alert rules and screens that come from them."""
