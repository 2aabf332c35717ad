"""Dashboards as HTML pages with plots in SVG."""
