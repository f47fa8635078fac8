"""What teams get wrong about their metrics, found before it costs anybody an answer. One file per rule."""

from aftercall.metrics.lint.code_scan import CodeWrite, Scan, scan_folder
from aftercall.metrics.lint.finding import Finding, Severity
from aftercall.metrics.lint.lint import RULES, lint
from aftercall.metrics.lint.subject import Subject, Used

__all__ = ["RULES", "CodeWrite", "Finding", "Scan", "Severity", "Subject", "Used", "lint", "scan_folder"]
