"""Django admin for customer support. Every change goes through the services, so the console's rules hold here, too."""

from console.admin import accounts as accounts
from console.admin import endpoints as endpoints
from console.admin import log as log
from console.admin import users as users
