"""What happens in a visit: arrive, perhaps leave at once, look around, perhaps log in, fill a cart, order, send something back."""

from __future__ import annotations

from decimal import Decimal

from clew import clock
from clew.app.simulate.shop import ARTICLES, CATEGORIES, PRODUCTS, Product
from clew.app.simulate.visit import Visit

SHIPPING = Decimal("4.95")
REFUNDED = 0.06
"""Share of orders that come back within nine days."""


def go(visit: Visit, registered: bool) -> None:
    """Fill `visit` with its calls. `registered`: the shopper has an account."""
    rng = visit.rng
    _arrive(visit)
    if visit.on_web and rng.random() < visit.origin.bounce:
        return
    if visit.user is None and rng.random() < visit.shopper.eagerness * (0.9 if registered else 0.2):
        visit.pause()
        visit.log_in("Signed In" if registered else "Signed Up")
    for _ in range(1 + int(rng.expovariate(0.4))):
        visit.pause(45 if rng.random() < 0.2 else 18)
        _look(visit)
    if visit.cart and rng.random() < 0.3 + visit.shopper.eagerness / 2:
        _check_out(visit, registered)
    if visit.user is not None and rng.random() < 0.15:
        _leave(visit)


def _arrive(visit: Visit) -> None:
    if not visit.on_web:
        visit.track("Application Opened", from_background=visit.rng.random() < 0.4)
        visit.view("/", "Home")
        return
    where = visit.rng.random()
    if where < 0.4:
        visit.view("/", "Home")
    elif where < 0.6:
        visit.view(*visit.rng.choice(ARTICLES))
    else:
        product = visit.rng.choice(PRODUCTS)
        visit.view(f"/p/{product.product_id}", product.name)


def _look(visit: Visit) -> None:
    what = visit.rng.random()
    if what < 0.2:
        _category(visit)
    elif what < 0.3:
        visit.view("/search", "Search")
        visit.track("Products Searched", query=visit.rng.choice(PRODUCTS).name.lower())
    elif what < 0.36:
        visit.view(*visit.rng.choice(ARTICLES))
    else:
        _product(visit, visit.rng.choice(PRODUCTS))


def _category(visit: Visit) -> None:
    category = visit.rng.choice(CATEGORIES)
    visit.view(f"/c/{category}", category.capitalize())
    visit.track("Product List Viewed", list_id=category, category=category)


def _product(visit: Visit, product: Product) -> None:
    visit.view(f"/p/{product.product_id}", product.name)
    visit.track("Product Viewed", **product._asdict())
    if visit.rng.random() < 0.16 + visit.shopper.eagerness / 5:
        visit.pause(12)
        visit.track("Product Added", **product._asdict(), quantity=1)
        visit.cart.append(product)
    elif visit.cart and visit.rng.random() < 0.08:
        visit.track("Product Removed", **visit.cart.pop()._asdict(), quantity=1)


def _check_out(visit: Visit, registered: bool) -> None:
    visit.pause()
    visit.view("/cart", "Cart")
    visit.track("Cart Viewed", products=_lines(visit.cart))
    if visit.user is None:
        visit.pause(40)
        visit.log_in("Signed In" if registered else "Signed Up")
    visit.pause()
    visit.view("/checkout", "Checkout")
    visit.track("Checkout Started", products=_lines(visit.cart))
    if visit.rng.random() < 0.75:
        visit.pause(60)
        _order(visit)


def _order(visit: Visit) -> None:
    order_id = f"sim-{visit.rng.getrandbits(40):010x}"
    value = sum((p.price for p in visit.cart), Decimal(0))
    shipping = Decimal(0) if value > 50 else SHIPPING
    visit.view("/thanks", "Thank you")
    visit.track(
        "Order Completed", order_id=order_id, revenue=value, shipping=shipping, total=value + shipping, currency="EUR", products=_lines(visit.cart)
    )
    if visit.rng.random() < REFUNDED:
        back = visit.at + int(visit.rng.uniform(1, 9) * clock.DAY)
        visit.server(back, "Order Refunded", order_id=order_id, total=value, currency="EUR", products=_lines(visit.cart))


def _leave(visit: Visit) -> None:
    visit.pause()
    visit.track("Signed Out")
    visit.user = None


def _lines(cart: list[Product]) -> list[dict[str, object]]:
    return [{**product._asdict(), "quantity": 1} for product in cart]
