"""
YAML with positions → one frozen `Project`, with every finding of every file told at once.
"""

from cdptool.config.load import load_project
from cdptool.config.model import Project, Section, Setting, effective
from cdptool.config.settings import SETTINGS

__all__ = ["SETTINGS", "Project", "Section", "Setting", "effective", "load_project"]
