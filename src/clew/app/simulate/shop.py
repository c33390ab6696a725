"""The simulated shop: what it sells and where its visitors come from. Plain tables, made up."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple


class Product(NamedTuple):
    """One article."""

    product_id: str
    name: str
    category: str
    price: Decimal


class Origin(NamedTuple):
    """Where a visit comes from: its share of visits, the chance that it leaves at once, and what the first page's address carries."""

    weight: float
    bounce: float
    referrer: str = ""
    source: str = ""
    medium: str = ""
    campaign: str = ""
    click_id: str = ""

    @property
    def search(self) -> str:
        """The query of the first page's address."""
        pairs = (("utm_source", self.source), ("utm_medium", self.medium), ("utm_campaign", self.campaign), (self.click_id, "sim"))
        query = "&".join(f"{name}={value}" for name, value in pairs if name and value)
        return f"?{query}" if query else ""

    @property
    def as_campaign(self) -> dict[str, str]:
        """`context.campaign`, as the browser library fills it from the address."""
        return {k: v for k, v in (("source", self.source), ("medium", self.medium), ("name", self.campaign)) if v}


NAMES = {
    "kitchen": ("Kettle", "Toaster", "Chef's knife", "Cast-iron pan", "Mixing bowl", "Espresso maker", "Bread tin", "Peeler"),
    "garden": ("Watering can", "Pruning shears", "Seed tray", "Trowel", "Hose reel", "Planter", "Gloves", "Rain gauge"),
    "books": ("Atlas", "Cookbook", "Field guide", "Novel", "Crossword book", "Sketchbook", "Star chart", "Diary"),
    "toys": ("Wooden train", "Kite", "Marble run", "Puzzle", "Spinning top", "Yo-yo", "Building blocks", "Juggling balls"),
    "outdoor": ("Tent", "Head torch", "Backpack", "Camp stove", "Compass", "Flask", "Hammock", "Rope"),
}
CATEGORIES = tuple(NAMES)


def _price(category: int, number: int) -> Decimal:
    return Decimal(495 + (category * 8 + number) * 1730 % 14000) / 100


PRODUCTS = tuple(
    Product(f"p{c}{n}", name, category, _price(c, n)) for c, (category, names) in enumerate(NAMES.items()) for n, name in enumerate(names)
)

ORIGINS = (
    Origin(30, 0.30),
    Origin(24, 0.42, "https://www.google.com/"),
    Origin(4, 0.40, "https://duckduckgo.com/"),
    Origin(13, 0.50, "https://www.google.com/", "google", "cpc", "garden-spring", "gclid"),
    Origin(8, 0.62, "https://www.facebook.com/", "facebook", "paid_social", "summer-sale", "fbclid"),
    Origin(6, 0.60, "https://www.instagram.com/", "instagram", "social", "lookbook"),
    Origin(9, 0.22, "", "newsletter", "email", "weekly-letter"),
    Origin(4, 0.35, "https://blog.example/kettles", "blog.example", "referral"),
    Origin(2, 0.55, "https://www.youtube.com/"),
)
"""Weights are shares of web visits."""

ARTICLES = (("/stories/ten-knots", "Ten knots"), ("/stories/bread", "Bread at home"), ("/stories/night-sky", "The night sky"))
