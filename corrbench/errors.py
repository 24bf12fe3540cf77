"""Every error corrbench raises on purpose.

    CorrbenchError
    ├── PluginError          no such method, data set, task or course; a plugin that does not load; two of one name
    ├── SettingError         an unknown key or a value of the wrong kind, in NAME?key=value or --set key=value
    ├── ProtocolError        no such protocol, or none of that name for the task
    ├── DataError            the data set on disk is not what was asked for
    │   └── PredictionError  a folder of predictions that cannot be scored
    ├── WeightsError         a checkpoint that cannot be read, or does not fit the model
    ├── ExtractorError       a method that broke the contract of a feature extractor
    ├── ResourceError        not enough memory for what was asked
    ├── RecordError          a record of a run that cannot be read or written
    └── TrainingError        a training that cannot go on: a loss that is no number, a recipe that broke its contract

A message is one line: what was asked, what was found, where, and what to do.
"""


class CorrbenchError(Exception):
    """The root: the command line prints it without a traceback and exits with status 1."""


class PluginError(CorrbenchError):
    """A plugin is missing, broken, or named like another."""


class SettingError(CorrbenchError):
    """A setting has an unknown key or a value that does not fit."""


class ProtocolError(CorrbenchError):
    """No protocol of that name covers the task."""


class DataError(CorrbenchError):
    """A data set on disk is not what was asked for."""


class PredictionError(DataError):
    """A folder of predictions cannot be scored."""


class WeightsError(CorrbenchError):
    """A checkpoint cannot be read, or does not fit the model."""


class ExtractorError(CorrbenchError):
    """A method broke the contract of a feature extractor."""


class ResourceError(CorrbenchError):
    """The machine has not enough memory for what was asked."""


class RecordError(CorrbenchError):
    """A record of a run cannot be read or written."""


class TrainingError(CorrbenchError):
    """A training cannot go on."""
