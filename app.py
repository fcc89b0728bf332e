"""The Chalice application: routes here, logic in chalicelib."""

import os

from chalice.app import Chalice

from chalicelib.routes import legacy, root

app = Chalice(app_name="statline", configure_logs=False)
app.register_blueprint(root.routes)
app.register_blueprint(legacy.routes)

if "AWS_LAMBDA_FUNCTION_NAME" not in os.environ:
    from local import plug_in

    plug_in()
