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
# # DistilBERT against ALBERT
#
# Two encoders, the same texts, the same split: which is better, by how much, and is it more than chance?
#
# Where the Hugging Face Hub does not answer, both names stand for two recipes of the MiniLM encoder on the 740 reviews
# of the package; the cell below the parameters says so.

# %% tags=["parameters"]
changes = {}  # settings of your own for both, such as {"training.epochs": 4}

# %%
import tunelet
from tunelet.notebook import choose, show

settings = [choose("distilbert"), choose("albert")]
print(settings[0].told)

# %% [markdown]
# ## Train both, three seeds each
#
# Seeds differ in head, order and dropout; rows are split once, so all are measured on the same texts.

# %%
groups = [
    tunelet.train_seeds(
        setting.data,
        (1, 2, 3),
        model=setting.model,
        recipe=setting.recipe,
        settings={**setting.settings, **changes},
        out=setting.folder("seeds"),
        quiet=True,
    )
    for setting in settings
]
for group in groups:
    print(f"{group.name}: {', '.join(f'{value:.4f}' for value in group.summary.accuracies)}")

# %% [markdown]
# ## The verdict
#
# It follows from paired intervals and tests over texts and seeds, and from nothing else.

# %%
comparison = tunelet.compare(groups)
for sentence in comparison.verdicts:
    print(sentence)

# %%
show(comparison, "accuracy", "roc")

# %%
show(comparison, "reliability", "differences")

# %% [markdown]
# ## What each costs

# %%
show(comparison, "total-parameters", "train-seconds")
