"""The classifier room: load a run and classify texts with it."""

from tunelet.classifier._answers import Decision
from tunelet.classifier._baseline import BaselineClassifier
from tunelet.classifier._classifier import Classifier
from tunelet.classifier._decision import OneLabelDecision, decision_of
from tunelet.classifier._encoded import EncodedText
from tunelet.classifier._evaluate import Evaluation, evaluate, measurable
from tunelet.classifier._exported import ExportedClassifier
from tunelet.classifier._files import FileJob, FilePredictions
from tunelet.classifier._parts import PartRecord, PartsJob, PredictedFiles
from tunelet.classifier._predict import load_classifier, predict_texts
from tunelet.classifier._prediction import LabelsPrediction, NumberPrediction, Prediction, RatingPrediction
from tunelet.classifier._run_model import merged_model_of, sequence_classifier, tfidf_of
from tunelet.classifier._scoring import Unwatched, Watcher
from tunelet.classifier._sources import stands_for_several
from tunelet.classifier._tfidf_file import TfidfFile

__all__ = [
    "BaselineClassifier",
    "Classifier",
    "Decision",
    "EncodedText",
    "Evaluation",
    "ExportedClassifier",
    "FileJob",
    "FilePredictions",
    "LabelsPrediction",
    "NumberPrediction",
    "OneLabelDecision",
    "PartRecord",
    "PartsJob",
    "PredictedFiles",
    "Prediction",
    "RatingPrediction",
    "TfidfFile",
    "Unwatched",
    "Watcher",
    "decision_of",
    "evaluate",
    "load_classifier",
    "measurable",
    "merged_model_of",
    "predict_texts",
    "sequence_classifier",
    "stands_for_several",
    "tfidf_of",
]
