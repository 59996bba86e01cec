from incubator.accounts.permissions import Action
from incubator.accounts.access import requires, current_actor


def test_cast(app, session, cast, client):
    if "probe" not in app.view_functions:
        app._got_first_request = False
        app.add_url_rule("/probe", "probe", requires(Action.SEE_BILLING)(lambda: current_actor().name))
    assert client.get("/probe").status_code == 302
    assert client.sign_in(cast.finance).get("/probe").text == "fiona"
    assert session.info["operator_id"] == cast.operator_id
