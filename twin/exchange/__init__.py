"""What passes between street and sewer: through gullies and manholes, in both directions."""

from twin.exchange.coupler import ExchangeSettings, SewerExchange
from twin.exchange.placement import nearest_open_cells

__all__ = ["ExchangeSettings", "SewerExchange", "nearest_open_cells"]
