"""The gallery in the order of the guide's chapters."""

from sphinx_gallery.sorting import FileNameSortKey

COURSE = [
    "plot_first_network.py",
    "plot_train_dev_test.py",
    "plot_bias_variance.py",
    "plot_basic_recipe.py",
    "plot_decision_boundaries.py",
    "plot_validation_curves.py",
    "plot_why_l2_works.py",
    "plot_understanding_dropout.py",
    "plot_augmentation_early_stopping.py",
    "plot_normalised_inputs.py",
    "plot_vanishing_gradients.py",
    "plot_initialization_depth.py",
    "plot_numerical_gradients.py",
    "plot_gradient_checking.py",
    "plot_gradient_check_notes.py",
]


class CourseOrder(FileNameSortKey):
    """The lessons of the course, then what is new, by name."""

    def __call__(self, filename):
        """What to sort a file by."""
        place = COURSE.index(filename) if filename in COURSE else len(COURSE)
        return place, str(filename)
