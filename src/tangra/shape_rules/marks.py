"""Marks for functions of functions of JAX, torch and NumPy, which the evaluator knows by their kinds.

Every package of rules that has some imports this one: a program may ask for `torch.vmap` and never for JAX.
"""

from tangra.shape_rules.registry import higher_order

higher_order("vmap", "jax.vmap", "torch.vmap", "torch.func.vmap", "jax.pmap")
higher_order("grad", "jax.grad", "torch.func.grad")
higher_order("value_and_grad", "jax.value_and_grad", "torch.func.grad_and_value")
higher_order("jacobian", "jax.jacfwd", "jax.jacrev", "jax.jacobian", "torch.func.jacfwd", "torch.func.jacrev")
higher_order("hessian", "jax.hessian", "torch.func.hessian")
higher_order("jvp", "jax.jvp", "torch.func.jvp")
higher_order("vjp", "jax.vjp", "torch.func.vjp")
higher_order("identity", "jax.jit", "jax.checkpoint", "jax.remat", "jax.named_call", "jax.custom_jvp", "jax.custom_vjp")
higher_order("identity", "torch.compile", "torch.jit.script", "torch.no_grad", "torch.enable_grad")
higher_order("identity", "torch.inference_mode", "torch.jit.ignore", "torch.jit.unused", "torch.jit.export")
higher_order("call", "torch.utils.checkpoint.checkpoint", "jax.named_scope")
higher_order("scan", "jax.lax.scan")
higher_order("cond", "jax.lax.cond")
higher_order("switch", "jax.lax.switch")
higher_order("while_loop", "jax.lax.while_loop")
higher_order("fori_loop", "jax.lax.fori_loop")
higher_order("map", "jax.lax.map")
higher_order("associative_scan", "jax.lax.associative_scan")
higher_order("eval_shape", "jax.eval_shape", "equinox.filter_eval_shape", "flax.nnx.eval_shape")
higher_order("pure_callback", "jax.pure_callback")
higher_order("tree_map", "jax.tree.map", "jax.tree_util.tree_map", "jax.tree_map")
higher_order("apply_along_axis", "numpy.apply_along_axis", "jax.numpy.apply_along_axis")
higher_order("vectorize", "numpy.vectorize", "jax.numpy.vectorize")
