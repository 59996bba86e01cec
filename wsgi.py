"""The WSGI entry point: `gunicorn wsgi:app`, `flask --app wsgi …`."""

import os

from incubator.app import create_app

app = create_app()

if os.environ.get("FLASK_RUN_FROM_CLI"):
    from incubator.machines import commands  # read by whoever gives commands only

    commands.init_app(app)
