"""What functions and methods of Python, NumPy, pandas and similar libraries do, by their names.

If a name does not decide it, the function counts as changing its data: a statement too many in the
program does less harm than a missing one.
"""

from __future__ import annotations

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Methods that change their object.
CHANGING: Final = _words(
    "append extend insert pop popitem remove clear sort reverse update setdefault add discard fill "
    "resize partition put itemset setfield setflags byteswap appendleft popleft extendleft rotate "
    "move_to_end fit fit_transform fit_predict partial_fit fit_resample adapt seed set_state "
    "load_state_dict difference_update intersection_update symmetric_difference_update setitem "
    "__setitem__ __delitem__ read readline readlines readinto fetchone fetchmany fetchall get_next "
    "__next__ send seek train_on_batch fit_generator assign assign_add assign_sub set_params "
    "load_weights set_weights"
)
# Of these, methods that may also change the objects it holds: the steps of a pipeline.
CHANGING_DEEP: Final = _words(
    "fit fit_transform fit_predict partial_fit fit_resample adapt train_on_batch fit_generator "
    "load_state_dict load_weights set_weights"
)
# Methods whose object holds their arguments afterwards.
HOLDING_ARGUMENTS: Final = _words(
    "append extend insert update setdefault add appendleft extendleft __setitem__ push put register"
)
# Functions that change their first argument.
CHANGING_FUNCTIONS: Final = _words(
    "shuffle put place copyto putmask fill_diagonal put_along_axis heappush heappop heapify "
    "heapreplace heappushpop insort insort_left insort_right setattr delattr rectangle circle line "
    "putText polylines fillPoly fillConvexPoly drawContours ellipse setitem delitem iadd imul "
    "at"
)
# The origins of kwidgets' own objects begin so.
OWN_ORIGIN: Final = "kwidgets."
# Methods that change nothing, even if the call is a statement of its own.
READ_ONLY_METHODS: Final = _words(
    "head tail describe info plot hist show mean sum std min max var count value_counts nunique "
    "unique keys values items copy get tolist item corr sample groupby isna isnull any all astype "
    "reshape flatten ravel transpose squeeze summary predict evaluate score transform numpy "
    "to_numpy index find startswith endswith format join split lower upper strip element_spec "
    "take skip batch map cache prefetch repeat boxplot scatter bar line display memory_usage "
    "get_params shape argmax argmin argsort round dot cumsum nbytes isnan select_dtypes query "
    "to_csv to_json to_parquet to_excel to_pickle save savefig print tofile nlargest nsmallest "
    "drop fillna dropna replace rename sort_values reset_index set_index apply agg merge join "
    "get_config pivot_table crosstab cov quantile median mode skew kurt equals"
)
# Methods and functions whose result may be a view of their object or first argument.
VIEWS: Final = _words(
    "reshape ravel squeeze transpose swapaxes view to_numpy asarray asanyarray ascontiguousarray "
    "asfortranarray atleast_1d atleast_2d atleast_3d expand_dims moveaxis rollaxis broadcast_to "
    "broadcast_arrays flip fliplr flipud rot90 split array_split hsplit vsplit dsplit diagonal "
    "diag einsum frombuffer from_numpy numpy require sliding_window_view as_strided nditer "
    "DataFrame Series memoryview head tail values items keys get pop popitem setdefault "
    "iterrows itertuples groupby get_group xs detach cpu real imag flat newbyteorder ndenumerate "
    "popleft __getitem__ __enter__ __iter__ infer_objects set_flags pipe"
)
# Containers of Python that hold the items of their arguments.
CONTAINERS: Final = _words(
    "list tuple set frozenset dict sorted OrderedDict defaultdict deque Counter ChainMap "
    "SimpleNamespace"
)
# Functions whose result changes by being used: iterators, files, random generators.
STATEFUL: Final = _words(
    "iter zip map filter enumerate reversed islice chain cycle count from_iterable starmap "
    "takewhile dropwhile tee accumulate product combinations permutations pairwise "
    "open fdopen StringIO BytesIO TextIOWrapper urlopen reader DictReader cursor scandir iglob "
    "default_rng RandomState Random SystemRandom Generator SeedSequence check_random_state "
    "SeedGenerator as_numpy_iterator"
)
# Functions whose result gives the items of their arguments.
GIVING_ITEMS: Final = _words(
    "iter zip map filter enumerate reversed islice chain cycle from_iterable starmap takewhile "
    "dropwhile tee accumulate product combinations permutations pairwise reader DictReader "
    "TextIOWrapper max min next"
)
# Functions that neither change nor hold their arguments.
READ_ONLY_FUNCTIONS: Final = _words(
    "print len type isinstance issubclass str repr id hash display bool int float complex callable "
    "hasattr range format ord chr bin hex round dir help input pprint"
)
# Functions whose result uses their arguments later.
USING_LATER: Final = _words("flow flow_from_dataframe from_generator partial wraps")
# Functions that configure a whole library.
CONFIGURING: Final = _words(
    "set_floatx set_default_dtype set_global_policy set_dtype_policy set_image_data_format "
    "experimental_enable_numpy_behavior enable_numpy_behavior set_default_device"
)
# The position of the argument ``out``: ``np.divide(x, 10, x)``.
OUT_POSITION: Final = {
    **dict.fromkeys(
        _words(
            "add subtract multiply divide true_divide floor_divide power mod remainder maximum "
            "minimum fmax fmin arctan2 hypot logical_and logical_or logical_xor equal greater less "
            "dot matmul"
        ),
        2,
    ),
    **dict.fromkeys(
        _words(
            "sqrt exp log log2 log10 log1p expm1 abs absolute fabs negative square sin cos tan "
            "tanh sign floor ceil rint reciprocal logical_not invert"
        ),
        1,
    ),
    "clip": 3,
}
# Libraries of charts; their objects do not change data.
CHART_LIBRARIES: Final = ("matplotlib", "seaborn", "plotly", "IPython", "bokeh", "altair")
# Attributes that share nothing with their object.
PLAIN_ATTRIBUTES: Final = _words("shape dtype dtypes ndim size nbytes itemsize name __name__ empty")
