"""Values in the units of metrics.signals, as people read them."""

import math

__all__ = ["NO_VALUE", "SHARES", "format_value"]

NO_VALUE = "no data"
SHARES = {"percentunit": 1.0, "percent": 100.0}  # the units that have a whole
SI = ("", "k", "M", "G", "T", "P")
BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
# A unit of time holds until the next one is reached
TIMES = ((1e-3, "µs", 1e-6), (1.0, "ms", 1e-3), (120.0, "s", 1.0), (7200.0, "min", 60.0),
         (172_800.0, "h", 3600.0), (math.inf, "d", 86_400.0))  # fmt: skip
IN_SECONDS = {"s": 1.0, "ms": 1e-3, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def format_value(value: float, unit: str) -> str:
    """``value`` in at most three digits or so, with its unit: "43 %", "1.5 GiB", "12.5 k/s"."""
    if math.isnan(value):
        return NO_VALUE
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if value < 0:
        return f"-{format_value(-value, unit)}"
    match unit:
        case "percentunit" | "percent":
            value *= 100 / SHARES[unit]
            return f"{value:.0f} %" if value >= 10 else f"{_digits(value)} %"
        case "bytes":
            return _scaled(value, 1024, BINARY)
        case "Bps":
            return _scaled(value, 1000, SI, "B/s")
        case "ops":
            return _scaled(value, 1000, SI, "/s")
        case _ if unit in IN_SECONDS:
            return _span(value * IN_SECONDS[unit])
        case "none":
            return _digits(value)
    return _digits(value) if value < 100_000 else _scaled(value, 1000, SI)


def _digits(value: float) -> str:
    """Three of them or two, without zeros at the end."""
    decimals = sum(value < least for least in (100, 10, 0.1, 0.01))
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if decimals else text


def _scaled(value: float, base: int, names: tuple[str, ...], suffix: str = "") -> str:
    place = 0
    while value >= base and place < len(names) - 1:
        value, place = value / base, place + 1
    return f"{_digits(value)} {names[place]}{suffix}".rstrip()


def _span(seconds: float) -> str:
    if seconds == 0:
        return "0 s"
    name, size = next((name, size) for end, name, size in TIMES if seconds < end)
    return f"{_digits(seconds / size)} {name}"
