"""Deploys: what is edited is built and computed aside, checked, and put live at once.

steps        the steps of a deploy
aside        what is built in the scratch schema
checks       what is checked there
sources      computing a metric source, and who is to blame where that fails
undoing      earlier definitions go live again
going_live   the transaction that puts it live
"""

from hedge.deploying.steps import Checked, check, deploy, sound_project
from hedge.deploying.undoing import undo

__all__ = ["Checked", "check", "deploy", "sound_project", "undo"]
