"""Call 31: bind links."""

from modules.binding import services
from modules.contacts import services as contacts
from tests.modules.openapi.shapes import STR
from tests.modules.openapi.sheet import Ask, Row, World, success


def template(world: World) -> int:
    return services.create_template(account=world.account, name="Binding", now=world.now).pk


def of_somebody_unknown(world: World) -> Ask:
    return Ask(json={"bind_link_id": template(world), "customer_id": "CRM-7001"})


def of_a_contact(world: World) -> Ask:
    contacts.create(account=world.account, now=world.now, customer_id="CRM-7001", line_display_name="Hana")
    body = {"bind_link_id": template(world), "customer_id": "CRM-7001", "email": "hana@shop.example"}
    return Ask(json={**body, "mobile": "+886900111222", "bind_once": True})


ROWS = [
    Row(31, "the customer id is on no contact", of_somebody_unknown, success(31, {"link": STR, "is_login": False})),
    Row(
        31,
        "the customer id is on a contact",
        of_a_contact,
        success(31, {"link": STR, "is_login": True, "line_display_name": "Hana"}),
    ),
]
